# Makes the data sets logistic_*.csv and what R makes of them, logistic_reference.json.
# Run in this folder: Rscript make_logistic_reference.R   (lme4 and jsonlite are needed)
suppressMessages({library(lme4); library(jsonlite)})
options(digits = 17)
set.seed(20240719)

# ---- data: `sizes` are the clusters' sizes, `theta` the SD of the random intercept
clustered <- function(sizes, theta) {
  id <- rep(seq_along(sizes), sizes)
  data.frame(therapist = id, x = rnorm(length(id)), u = (theta * rnorm(length(sizes)))[id])
}
finished <- function(d) {
  d$y <- rbinom(nrow(d), 1, plogis(d$eta))
  d$eta <- d$u <- NULL
  for (v in names(d)) if (is.double(d[[v]])) d[[v]] <- signif(d[[v]], 6)
  d[sample(nrow(d)), ]
}
data <- list(
  tiny = finished(within(clustered(rep(2:3, 40), 1), eta <- .3 + .5 * x + u)),
  unbalanced = finished(within(clustered(c(1, 1, 1, 2, 3, 5, 8, 13, 21, 34, rep(4, 12), rep(7, 10)), .9), eta <- -.5 + .4 * x + u)),
  nearly = finished(within(clustered(rep(20, 30), .12), eta <- -1 + .3 * x + u)),
  strong = finished(within(clustered(rep(15, 40), 4), eta <- .5 + x + u)),
  rare = finished(within(clustered(rep(40, 50), .8), eta <- -4.3 + .4 * x + u)),
  level = finished(within(clustered(rep(12, 30), .7), { trained <- therapist %% 2; eta <- -.6 + .5 * trained + u })),
  arms = finished(within(clustered(rep(c(9, 12), 15), .8), { arm <- sample(c("TAU", "CBT", "PDT"), length(x), TRUE)
    eta <- -.4 + .6 * (arm == "CBT") - .3 * x + u })))
for (name in names(data)) write.csv(data[[name]], sprintf("logistic_%s.csv", name), row.names = FALSE, quote = FALSE)
names <- names(data)
data <- lapply(names, function(name) read.csv(sprintf("logistic_%s.csv", name), stringsAsFactors = TRUE))
names(data) <- names

# ---- fits
columns <- function(estimates, se) setNames(lapply(seq_along(estimates), function(i)
  list(estimate = unname(estimates[i]), se = unname(se[i]))), names(estimates))

plain <- function(name, formula) {
  fit <- glm(as.formula(formula), binomial, data[[name]], control = glm.control(1e-15, 100))
  list(data = name, formula = formula, nodes = 0, criterion = -2 * as.numeric(logLik(fit)),
       coefficients = columns(coef(fit), sqrt(diag(vcov(fit)))))
}

# lme4 stops early by default (up to 1e-3 in the criterion); here several optimisers go on from each other's end.
mixed <- function(name, formula, nodes) {
  formula <- paste(formula, "+ (1 | therapist)")
  control <- function(optimizer, options, start) glmerControl(optimizer, optCtrl = options, calc.derivs = TRUE, tolPwrss = 1e-13,
                                                       check.conv.grad = "ignore", check.conv.hess = "ignore", check.conv.singular = "ignore")
  refit <- function(start, rhobeg) suppressWarnings(glmer(as.formula(formula), data[[name]], binomial, nAGQ = nodes, start = start,
      control = control(c("bobyqa", "bobyqa"), list(rhobeg = rhobeg, rhoend = rhobeg * 1e-7, maxfun = 1e5))))
  fit <- refit(NULL, 2e-2)
  for (i in 1:3) fit <- refit(list(theta = getME(fit, "theta"), fixef = fixef(fit)), 2e-3)
  # Only for one node has lme4's logLik all constants.
  b <- ranef(fit, condVar = TRUE)$therapist
  list(data = name, formula = formula, nodes = nodes, criterion = if (nodes == 1) -2 * as.numeric(logLik(fit)) else NULL,
       theta = unname(getME(fit, "theta")), coefficients = columns(fixef(fit), sqrt(diag(as.matrix(vcov(fit, use.hessian = TRUE))))),
       groups = as.integer(rownames(b)), modes = b[[1]], mode_sd = sqrt(attr(b, "postVar")[1, 1, ]))
}
formulas <- c(tiny = "y ~ x", unbalanced = "y ~ x", nearly = "y ~ x", strong = "y ~ x", rare = "y ~ x", level = "y ~ trained",
              arms = "y ~ arm * x")
fits <- list(plain("level", "y ~ 1"), plain("arms", "y ~ 0 + arm"))
for (name in names(formulas)) {
  fits <- c(fits, list(plain(name, formulas[[name]])), lapply(c(1, 9, 25), function(k) mixed(name, formulas[[name]], k)))
}
fits <- c(fits, lapply(c(1, 10), function(k) mixed("level", "y ~ 1", k)))
write(toJSON(fits, digits = NA, auto_unbox = TRUE, pretty = TRUE, null = "null", na = "null"), "logistic_reference.json")
for (f in fits) cat(f$data, f$formula, f$nodes, f$theta, format(f$criterion, digits = 15), "\n")
