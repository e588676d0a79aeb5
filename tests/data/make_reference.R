# Makes the data sets analysis_*.csv and what R makes of them, analysis_reference.json.
# Run in this folder: Rscript make_reference.R   (lme4, lmerTest and jsonlite are needed)
suppressMessages({library(lme4); library(lmerTest); library(jsonlite)})
options(digits = 17)
set.seed(20240611)

# ---- data: `sizes` are the clusters' sizes, `icc` the share of variance between clusters
clustered <- function(sizes, icc) {
  id <- rep(seq_along(sizes), sizes)
  n <- length(id)
  data.frame(therapist = id, noise = rnorm(n) * sqrt(1 - icc), level = (rnorm(length(sizes)) * sqrt(icc))[id])
}
finished <- function(d, digits = 6) {
  d$noise <- d$level <- NULL
  for (v in names(d)) if (is.double(d[[v]])) d[[v]] <- signif(d[[v]], digits)
  d[sample(nrow(d)), ]
}

unbalanced <- clustered(c(1, 1, 1, 2, 3, 5, 8, 13, 21, 34, rep(4, 6), rep(7, 5)), .15)
unbalanced <- within(unbalanced, { pre <- rnorm(length(noise), 20, 6); treatment <- therapist %% 2
  post <- 8 + .5 * pre - 2 * treatment + 5 * (level + noise) })

singular <- clustered(rep(6, 20), 0)
singular <- within(singular, { x <- rnorm(length(noise)); y <- 1 + .3 * x + noise
  y <- y - .9 * ave(residuals(lm(y ~ x)), therapist) })

scaled <- clustered(rep(c(5, 9, 14), 6), .3)
scaled <- within(scaled, { huge <- 1e6 + rnorm(length(noise), 0, 50); tiny <- rnorm(length(noise), 0, 1e-6)
  y <- 1e6 + .02 * (huge - 1e6) + 1e6 * tiny + level + noise })

arms <- clustered(rep(c(4, 6, 8), 8), .2)
arms <- within(arms, { arm <- c("TAU", "CBT", "PDT")[1 + therapist %% 3]; time <- sample(0:6, length(noise), TRUE)
  sex <- sample(c("f", "m"), length(noise), TRUE); `weeks on list` <- rpois(length(noise), 8)
  y <- 10 - .4 * time + .8 * (arm == "CBT") * time + level + noise })

missing <- clustered(rep(10, 15), .1)
missing <- within(missing, { pre <- rnorm(length(noise), 15, 4); x <- runif(length(noise), 1, 9)
  y <- .6 * pre + log(x) + 3 * (level + noise)
  y[sample(150, 20)] <- NA; pre[sample(150, 9)] <- NA; x[sample(150, 4)] <- NA })

dependent <- clustered(rep(c(12, 15), 9), .9)
dependent <- within(dependent, { x <- rnorm(length(noise)) + therapist / 9; y <- 40 + 1.5 * x + 4 * (level + noise) })

balanced <- clustered(rep(8, 24), .12)
balanced <- within(balanced, { arm <- ifelse(therapist <= 12, "CBT", "waitlist"); pre <- rnorm(length(noise))
  post <- .4 * pre + .5 * (arm == "CBT") + level + noise })

data <- list(unbalanced = finished(unbalanced), singular = finished(singular), scaled = finished(scaled, 12),
             arms = finished(arms), missing = finished(missing), dependent = finished(dependent), balanced = finished(balanced))
for (name in names(data)) write.csv(data[[name]], sprintf("analysis_%s.csv", name), row.names = FALSE, quote = FALSE)
data <- lapply(names(data), function(name)
  read.csv(sprintf("analysis_%s.csv", name), stringsAsFactors = TRUE, check.names = FALSE))
names(data) <- c("unbalanced", "singular", "scaled", "arms", "missing", "dependent", "balanced")

# ---- fits
coefficients_of <- function(table) setNames(lapply(seq_len(nrow(table)), function(i)
  as.list(c(estimate = table[i, "Estimate"], se = table[i, "Std. Error"], df = table[i, "df"], p = table[i, ncol(table)]))),
  rownames(table))

# lme4 stops early by default; theta here comes from its own criterion, minimised as far as double precision goes.
sharpest <- function(formula, d, reml) {
  deviance <- suppressWarnings(lme4::lmer(formula, d, REML = reml, devFunOnly = TRUE))
  at <- getME(suppressMessages(lme4::lmer(formula, d, REML = reml)), "theta")
  theta <- optimize(deviance, c(max(0, at * .5), at * 1.5 + 1e-3), tol = 1e-12)$minimum
  # That finds theta to the root of the machine's precision only; the zero of the slope is sharper.
  slope <- function(t) numDeriv::grad(deviance, t)
  theta <- if (theta > 1e-3) uniroot(slope, theta * c(.999, 1.001), tol = 1e-13, extendInt = "upX")$root else 0
  given <- function(fn, par, lower, upper, control) list(par = theta, fval = fn(theta), conv = 0, message = "given")
  model <- suppressMessages(lmerTest::lmer(formula, d, REML = reml, control = lmerControl(optimizer = given, calc.derivs = FALSE)))
  list(model = model, deviance = deviance, theta = theta)
}
mixed_row <- function(name, formula, reml, fit, coefficients, shift = 0) list(
  data = name, formula = formula, method = "mixed", reml = reml, observations = nobs(fit$model), groups = unname(ngrps(fit$model)),
  theta = fit$theta, sigma = sigma(fit$model), criterion = fit$deviance(fit$theta) + shift, singular = fit$theta == 0,
  coefficients = coefficients,
  devfun_points = lapply(c(0, .1, .5, 1, 3), function(t) list(theta = t, value = fit$deviance(t) + shift)))

mixed <- function(name, formula, reml) {
  fit <- sharpest(as.formula(formula), data[[name]], reml)
  mixed_row(name, formula, reml, fit, coefficients_of(summary(fit$model)$coefficients))
}

# lme4 squares the condition of X and loses digits here (theta is off by 2e-4). It is given centred and scaled columns; coefficients, tests and
# |X'V^-1 X| are then those of the columns as they are.
mixed_scaled <- function(reml) {
  d <- within(data$scaled, { huge <- huge - 1e6; tiny <- tiny * 1e6; y <- y - 1e6 })
  fit <- sharpest(y ~ huge + tiny + (1 | therapist), d, reml)
  test <- function(L, at, unit) { t <- lmerTest::contest1D(fit$model, L, rhs = -at)
    list(estimate = (t$Estimate + at) * unit, se = t[["Std. Error"]] * unit, df = t$df, p = t[["Pr(>|t|)"]]) }
  mixed_row("scaled", "y ~ huge + tiny + (1 | therapist)", reml, fit,
            list("(Intercept)" = test(c(1, -1e6, 0), 1e6, 1), huge = test(c(0, 1, 0), 0, 1), tiny = test(c(0, 0, 1), 0, 1e6)),
            if (reml) -2 * log(1e6) else 0)
}

ols <- function(name, formula) {
  fit <- lm(as.formula(formula), data[[name]])
  s <- summary(fit)
  table <- cbind(s$coefficients[, 1:2, drop = FALSE], df = fit$df.residual, p = s$coefficients[, 4])
  list(data = name, formula = formula, method = "ols", observations = nobs(fit), sigma = s$sigma,
       coefficients = coefficients_of(table))
}

# Two arms of therapists: the pooled t test of their means.
t_test <- function(name, outcome) {
  d <- data[[name]]
  means <- aggregate(d[[outcome]], d[c("therapist", "arm")], mean)
  test <- t.test(x ~ arm, means, var.equal = TRUE)
  difference <- unname(diff(test$estimate))
  list(data = name, formula = paste(outcome, "~ arm"), method = "cluster-level", observations = nrow(d), groups = nrow(means),
       coefficients = setNames(list(list(estimate = difference, se = test$stderr, df = unname(test$parameter), p = test$p.value,
                                         lower = -test$conf.int[2], upper = -test$conf.int[1])),
                               paste0("arm", levels(d$arm)[2])))
}

cluster_means <- function(name, formula, columns) {
  d <- data[[name]]
  means <- aggregate(d[columns], d["therapist"], mean)
  fit <- lm(as.formula(formula), means)
  s <- summary(fit)
  list(data = name, formula = formula, method = "cluster-level", observations = nrow(d), groups = nrow(means), sigma = s$sigma,
       coefficients = coefficients_of(cbind(s$coefficients[, 1:2], df = fit$df.residual, p = s$coefficients[, 4])))
}

both <- function(name, formula) list(mixed(name, formula, TRUE), mixed(name, formula, FALSE))
fits <- c(both("unbalanced", "post ~ pre + treatment + (1 | therapist)"),
          both("singular", "y ~ x + (1 | therapist)"),
          list(mixed_scaled(TRUE), mixed_scaled(FALSE)),
          both("arms", "y ~ arm * time + (1 | therapist)"),
          both("arms", "y ~ 0 + arm + time:arm + (1 | therapist)"),
          both("arms", "y ~ 0 + sex + arm + `weeks on list` + (1 | therapist)"),
          both("missing", "y ~ pre + log(x) + I(x^2) + (1 | therapist)"),
          both("dependent", "y ~ x + (1 | therapist)"),
          both("balanced", "post ~ 1 + (1 | therapist)"),
          list(ols("unbalanced", "post ~ pre * treatment"), ols("scaled", "y ~ huge + tiny"),
               ols("arms", "y ~ arm * sex * time"), ols("arms", "y ~ 0 + arm:sex"), ols("arms", "y ~ time:arm"),
               ols("arms", "y ~ 0 + time + sex/arm - time"), ols("missing", "log(x) ~ pre + I((pre - 15)^2/10)"), ols("dependent", "y ~ 1"),
               t_test("balanced", "post"),
               cluster_means("balanced", "post ~ pre", c("post", "pre")),
               cluster_means("unbalanced", "post ~ pre + treatment", c("post", "pre", "treatment"))))
write(toJSON(fits, digits = NA, auto_unbox = TRUE, pretty = TRUE, null = "null", na = "null"), "analysis_reference.json")
