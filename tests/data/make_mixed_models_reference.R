# Makes mixed_models_*.csv and what R makes of them, mixed_models_reference.json: nested and crossed grouping factors, random
# slopes, all degrees of freedom. Run in this folder: Rscript make_mixed_models_reference.R
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(nlme); library(jsonlite)})
set.seed(20261123)
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE,
                     check.conv.singular = "ignore")

drawn <- function(sd_client, sd_therapist, sd_slope, sd_clinic, sd_rater) {
  clients <- expand.grid(client = 1:6, therapist = 1:12)
  clients <- clients[runif(nrow(clients)) < .9, ]
  d <- clients[rep(seq_len(nrow(clients)), each = 4), ]
  d$time <- rep(0:3, length.out = nrow(d))
  d <- d[runif(nrow(d)) < .85, ]
  clinic <- (d$therapist - 1) %% 4 + 1
  rater <- sample(5, nrow(d), TRUE)
  own <- d$client + 6 * d$therapist
  d$client <- paste0("c", own)
  d$clinic <- c("north", "east", "south", "west")[clinic]
  d$rater <- letters[rater]
  d$arm <- ifelse(runif(nrow(d)) < .5, "CBT", "PDT")
  d$pre <- round(rnorm(nrow(d), 20, 3), 2)
  d$y <- round(10 + .4 * d$time + .3 * d$pre + sd_client * rnorm(90)[own] + sd_therapist * rnorm(12)[d$therapist] +
    sd_slope * rnorm(12)[d$therapist] * (d$time + 2 * (d$arm == "CBT")) + sd_clinic * rnorm(4)[clinic] + sd_rater * rnorm(5)[rater] +
    rnorm(nrow(d)), 4)
  d
}
data <- list(growth = drawn(1, .8, .5, 0, 0), crossed = drawn(.8, .8, 0, 0, .9), nested = drawn(0, 1, 0, 1.2, 0))
for (name in names(data)) write.csv(data[[name]], sprintf("mixed_models_%s.csv", name), row.names = FALSE, quote = FALSE)
models <- list(
  list("growth", y ~ time * arm + (1 + time | therapist) + (1 | client)),
  list("growth", y ~ time + pre + (1 + arm | therapist)),
  list("growth", y ~ 0 + arm + time + (0 + time | therapist) + (1 | client)),
  list("growth", y ~ pre + (1 + time || therapist)),
  list("nested", y ~ time + pre + (1 | clinic/therapist)),
  list("nested", y ~ time + (1 | client) + (1 | therapist) + (1 | clinic)),
  list("crossed", y ~ time + pre + (1 | therapist) + (1 | rater)),
  list("crossed", y ~ time + (1 | client) + (1 | therapist) + (1 | rater)))
table_of <- function(m, ddf) {
  s <- coef(summary(m, ddf = ddf))
  setNames(lapply(seq_len(nrow(s)), function(i) as.list(c(estimate = s[i, 1], se = s[i, 2], df = s[i, "df"]))), rownames(s))
}
fits <- list()
for (model in models) for (reml in c(TRUE, FALSE)) {
  d <- read.csv(sprintf("mixed_models_%s.csv", model[[1]]))
  m <- lmerTest::lmer(model[[2]], d, REML = reml, control = tight)
  fits[[length(fits) + 1]] <- list(
    data = sprintf("mixed_models_%s.csv", model[[1]]), formula = deparse1(model[[2]]), reml = reml, singular = isSingular(m),
    criterion = if (reml) REMLcrit(m) else -2 * as.numeric(logLik(m)), sigma = sigma(m),
    satterthwaite = table_of(m, "Satterthwaite"), kenward_roger = if (reml) table_of(m, "Kenward-Roger") else NULL)
}
d <- read.csv("mixed_models_growth.csv")
counted <- lme(y ~ time + therapist, random = ~ 1 | therapist/client, d)$fixDF$X
write_json(list(fits = fits, counted = list(formula = "y ~ time + therapist + (1 | therapist/client)", df = as.list(counted))),
           "mixed_models_reference.json", digits = NA, auto_unbox = TRUE, null = "null", pretty = TRUE)
