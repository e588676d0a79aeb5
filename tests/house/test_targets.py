"""Files compiled for an instruction set of their own leave nothing behind that other files could be linked with.

A weak symbol (an inline function, a template) exists in many objects, and the linker keeps any one of them. Were it the
one of a target, programs would stop with an illegal instruction on machines without that instruction set."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OBJECTS = "build/engine/CMakeFiles/bordin_*_*.dir/*/target.cpp.o"

# W and V: weak functions and objects; u: unique in the whole process. Not w: used, but somewhere else.
WEAK = re.compile(r"^[0-9a-f]+ [WVu] (.+)$", re.MULTILINE)
NAMESPACE = re.compile(r"\b(?:bordin|hwy)::(N_[A-Z0-9_]+|mixed_[a-z0-9]+)::")


def namespaces(listing: str) -> set[str]:
    """The targets that a listing of `nm -C` speaks of."""
    return set(NAMESPACE.findall(listing))


def foreign(listing: str) -> list[str]:
    """The weak symbols that have nothing of a target in their names, and which other objects can thus have, too.

    Not `DW.ref.`: where to find a function, which is the same wherever it stands.
    """
    return [name for name in WEAK.findall(listing) if not NAMESPACE.search(name) and not name.startswith("DW.ref.")]


@pytest.fixture(scope="module")
def listings() -> dict[str, str]:
    """What `nm -C` says of the objects of the release, by target."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        pytest.skip(f"on {platform.machine()} there is one kernel, compiled for every machine of its kind")
    if shutil.which("nm") is None:
        pytest.skip("nm, which lists symbols, is not installed")
    found = {path.parts[-3].removeprefix("bordin_").removesuffix(".dir"): path for path in ROOT.glob(OBJECTS)}
    assert found, f"no {OBJECTS}: build the release first (./dev build)"
    return {
        name: subprocess.run(["nm", "-C", path], capture_output=True, text=True, check=True).stdout
        for name, path in found.items()
    }


def test_each_target_has_a_namespace_of_its_own(listings):
    of = {name: namespaces(listing) for name, listing in listings.items()}
    assert set(of) == {"kernel_sse4", "kernel_avx2", "kernel_avx512", "mixed_baseline", "mixed_avx2", "mixed_avx512"}
    assert all(len(found) == 1 for found in of.values()), of
    assert len(set.union(*of.values())) == len(of), of


def test_no_target_leaves_common_code_behind(listings):
    left = {name: foreign(listing) for name, listing in listings.items()}
    assert {name: symbols for name, symbols in left.items() if symbols} == {}


@pytest.mark.parametrize(
    "line",
    [
        "0000000000000000 W std::vector<float, std::allocator<float> >::~vector()",
        "0000000000000000 W bordin::Measure::schedule() const",
        "0000000000000000 V vtable for bordin::EndingRule",
        "0000000000000000 u bordin::component_names",
    ],
)
def test_common_code_is_found(line):
    assert len(foreign(line)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "0000000000000000 W bordin::N_AVX2::ClientBlock::move(int, unsigned long)",
        "0000000000000000 u bordin::N_AVX2::ClientBlock::component_columns",
        "0000000000000000 W void std::swap<hwy::N_AVX3::Vec512<float> >(hwy::N_AVX3::Vec512<float>&)",
        "0000000000000000 T bordin::common()",
        "                 U std::terminate()",
        "                 w std::terminate()",
    ],
)
def test_what_no_other_object_can_have_is_not_reported(line):
    assert foreign(line) == []
