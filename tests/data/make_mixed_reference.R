# Makes the data sets mixed_*.csv and what R makes of them and of synth3_*.csv, mixed_reference.json: Kenward-Roger inference
# and predicted random effects with their conditional variances.
# Run in this folder: Rscript make_mixed_reference.R   (lme4, pbkrtest, numDeriv and jsonlite are needed)
suppressMessages({library(lme4); library(pbkrtest); library(jsonlite)})
options(digits = 17)
set.seed(20261123)

# ---- data
clinics <- expand.grid(row = 1:5, client = 1:4, therapist = 1:3, clinic = 1:6)
clinics <- clinics[runif(nrow(clinics)) < .7, ]
clinics <- within(clinics, { therapist <- paste(clinic, therapist); client <- paste(therapist, client)
  treatment <- clinic %% 2; pre <- rnorm(length(row))
  y <- 5 + .6 * pre - treatment + rnorm(6)[clinic] + rnorm(18)[as.integer(factor(therapist))] + rnorm(72)[as.integer(factor(client))] +
    rnorm(length(row)) })

slopes <- expand.grid(time = c(0, 1, 2.5, 4, 6), client = 1:18)
slopes <- slopes[runif(nrow(slopes)) < .85, ]
slopes <- within(slopes, { arm <- client %% 2
  y <- 10 - .5 * time + .3 * arm * time + 1.5 * rnorm(18)[client] + .4 * rnorm(18)[client] * time + rnorm(length(time)) })

# Therapists who differ less than chance would have it: their variance is estimated as 0.
alike <- expand.grid(time = 0:3, client = 1:5, therapist = 1:8)
alike <- within(alike, { client <- paste(therapist, client); arm <- therapist %% 2
  y <- 3 + .2 * time + rnorm(40)[as.integer(factor(client))] + rnorm(length(time))
  y <- y - .9 * (ave(y, therapist) - mean(y)) })

codes <- function(x) as.integer(factor(x, unique(x))) - 1L  # numbers from 0, as they come
data <- list(clinics = clinics, slopes = slopes, alike = alike)
for (name in names(data)) {
  d <- data[[name]]
  d$row <- NULL
  for (v in intersect(c("client", "therapist", "clinic"), names(d))) d[[v]] <- codes(d[[v]])
  for (v in c("y", "pre")) if (v %in% names(d)) d[[v]] <- signif(d[[v]], 6)
  write.csv(d, sprintf("mixed_%s.csv", name), row.names = FALSE, quote = FALSE)
}
read <- function(name) {
  d <- read.csv(sprintf("%s.csv", name))
  for (v in intersect(c("client", "therapist", "clinic"), names(d))) d[[v]] <- factor(codes(d[[v]]))
  d
}

# ---- fits: lme4 stops early by default; theta here comes from its own criterion, minimised as far as double precision goes.
sharpest <- function(formula, d) {
  tight <- lmerControl(optimizer = "nloptwrap", calc.derivs = FALSE, check.conv.singular = "ignore",
                       optCtrl = list(xtol_abs = 1e-12, xtol_rel = 1e-12, ftol_abs = 1e-13, maxeval = 20000))
  start <- suppressMessages(lmer(formula, d, control = tight))
  deviance <- lmer(formula, d, devFunOnly = TRUE)
  theta <- getME(start, "theta")
  vanished <- abs(theta) < 1e-4 & start@lower == 0
  theta[vanished] <- 0
  free <- which(!vanished)
  at <- function(t) { theta[free] <- t; deviance(theta) }
  for (i in 1:6) {
    step <- solve(numDeriv::hessian(at, theta[free]), numDeriv::grad(at, theta[free]))
    if (max(abs(step)) < .01) theta[free] <- theta[free] - step
  }
  given <- function(fn, par, lower, upper, control) list(par = theta, fval = fn(theta), conv = 0, message = "given")
  suppressMessages(lmer(formula, d, control = lmerControl(optimizer = given, calc.derivs = FALSE)))
}

plain <- function(m) unname(as.matrix(m))
fit <- function(name, formula, columns, contrasts) {
  model <- sharpest(as.formula(formula), read(name))
  adjusted <- vcovAdj(model)
  p <- length(fixef(model))
  f <- lapply(contrasts, function(rows) {
    L <- diag(p)[rows, , drop = FALSE]
    s <- getKR(KRmodcomp(model, L))
    list(rows = I(rows - 1), statistic = s$Fstat, numerator = s$ndf, denominator = s$ddf, scaling = s$F.scaling)
  })
  effects <- ranef(model, condVar = TRUE)
  list(data = name, formula = formula, columns = columns, theta = unname(getME(model, "theta")), sigma = sigma(model),
       criterion = unname(REMLcrit(model)), fixef = unname(fixef(model)), vcov = plain(vcov(model)), adjusted = plain(adjusted),
       df = sapply(seq_len(p), function(i) Lb_ddf(diag(p)[i, ], vcov(model), adjusted)),
       contrast_df = Lb_ddf(seq_len(p), vcov(model), adjusted), f_tests = f,
       ranef = lapply(effects, function(e) plain(e)),
       condvar = lapply(effects, function(e) { v <- attr(e, "postVar")
         if (is.list(v)) lapply(unname(v), as.vector) else t(apply(v, 3, as.vector)) }))
}
growth <- c("1", "time", "treatment", "time:treatment")
fits <- list(
  fit("synth3_a", "y ~ time * treatment + (1 + time | therapist) + (1 + time | client)", growth, list(2:4, c(2, 4))),
  fit("synth3_a", "y ~ time * treatment + (1 | therapist) + (1 + time | client)", growth, list(2:4)),
  fit("synth3_c", "y ~ time * treatment + (1 + time | therapist) + (1 + time | client)", growth, list(2:4, c(3, 4))),
  fit("synth3_c", "y ~ time * treatment + (1 | therapist) + (1 + time | client)", growth, list(2:4)),
  fit("mixed_clinics", "y ~ pre + treatment + (1 | clinic) + (1 | therapist) + (1 | client)", c("1", "pre", "treatment"), list(2:3)),
  fit("mixed_slopes", "y ~ time * arm + (1 + time | client)", c("1", "time", "arm", "time:arm"), list(c(2, 4), 1:4)),
  fit("mixed_slopes", "y ~ time * arm + (1 | client) + (0 + time | client)", c("1", "time", "arm", "time:arm"), list(c(2, 4))),
  fit("mixed_alike", "y ~ time * arm + (1 | therapist) + (1 | client)", c("1", "time", "arm", "time:arm"), list(2:4)))
write(toJSON(fits, digits = NA, auto_unbox = TRUE, null = "null", na = "null"), "mixed_reference.json")
