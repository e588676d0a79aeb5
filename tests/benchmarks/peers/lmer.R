# The growth model of the estimators suite with lme4 and lmerTest: Rscript lmer.R FOLDER NUMBER, on the first NUMBER files
# that `bench_bordin --write-trials=FOLDER` wrote. Prints fits per second of CPU time, each fit's the shorter of two.
suppressPackageStartupMessages({
  library(lme4)
  library(lmerTest)
})
arguments <- commandArgs(trailingOnly = TRUE)
files <- head(sort(list.files(arguments[1], pattern = "^growth-.*csv$", full.names = TRUE)), as.integer(arguments[2]))
trials <- lapply(files, read.csv)
formula <- y ~ time * treatment + (1 + time | client) + (1 + time | therapist)

cpu <- function(work) sum(system.time(suppressMessages(suppressWarnings(work())))[c("user.self", "sys.self")])
seconds <- function(work) min(replicate(2, cpu(work)))
rate <- function(fit) length(trials) / sum(sapply(trials, function(trial) seconds(function() fit(trial))))

invisible(lmerTest::lmer(formula, trials[[1]]))  # what the first call loads
wald <- rate(function(trial) summary(lme4::lmer(formula, trial)))
satterthwaite <- rate(function(trial) summary(lmerTest::lmer(formula, trial), ddf = "Satterthwaite"))
cat(sprintf('{"lme4, Wald z": %.6g, "lmerTest, Satterthwaite": %.6g}\n', wald, satterthwaite))
