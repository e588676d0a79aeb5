# Makes the data sets crossed_*.csv and what lme4 makes of them, crossed_reference.json.
# Run in this folder: Rscript make_crossed_reference.R   (lme4, numDeriv and jsonlite are needed)
suppressMessages({library(lme4); library(jsonlite)})
options(digits = 17)
set.seed(20240917)

effect <- function(groups, sd) (rnorm(max(groups)) * sd)[groups]
finished <- function(d) {
  for (v in names(d)) if (is.double(d[[v]])) d[[v]] <- signif(d[[v]], 6)
  d[sample(nrow(d)), ]
}

balanced <- expand.grid(client = 1:12, rater = 1:8, occasion = 1:2)
balanced <- within(balanced, { x <- rnorm(192)
  y <- 20 + .4 * x + effect(client, 1.2) + effect(rater, .6) + rnorm(192) })

# Every client meets a few raters, some raters almost nobody.
sparse <- data.frame(client = rep(1:60, sample(1:8, 60, TRUE)))
sparse$rater <- sample(25, nrow(sparse), TRUE, prob = (1:25)^2)
sparse <- within(sparse, { arm <- client %% 2; x <- rnorm(length(client), 5, 3)
  y <- 3 + .2 * x - arm + effect(client, .7) + effect(rater, .4) + rnorm(length(client)) })

# Clients nested in therapists, both crossed with raters.
three <- data.frame(client = rep(1:60, sample(3:8, 60, TRUE)))
three$therapist <- (three$client - 1) %/% 6 + 1
three$rater <- sample(7, nrow(three), TRUE)
three <- within(three, { arm <- therapist %% 2; x <- rnorm(length(client))
  y <- 10 + .5 * x - .8 * arm + effect(client, .8) + effect(therapist, .5) + effect(rater, .3) + rnorm(length(client)) })

singular <- data.frame(client = rep(1:30, 6), rater = sample(10, 180, TRUE))
singular <- within(singular, { x <- rnorm(180); y <- effect(client, .9) + rnorm(180); y <- y - .9 * ave(y, rater) + .3 * x })

data <- list(balanced = finished(balanced), sparse = finished(sparse), three = finished(three), singular = finished(singular))
for (name in names(data)) write.csv(data[[name]], sprintf("crossed_%s.csv", name), row.names = FALSE, quote = FALSE)
data <- sapply(names(data), function(name) read.csv(sprintf("crossed_%s.csv", name)), simplify = FALSE)

# lme4 stops early by default; theta here is Newton's from there, on its own criterion with derivatives by Richardson's
# extrapolation. What lme4 finds at 0 stays there.
sharpest <- function(formula, d, reml) {
  deviance <- suppressWarnings(lme4::lmer(formula, d, REML = reml, devFunOnly = TRUE))
  start <- suppressMessages(lme4::lmer(formula, d, REML = reml, control = lmerControl(optCtrl = list(xtol_abs = 1e-10, ftol_abs = 1e-12))))
  theta <- getME(start, "theta")
  inside <- theta > 1e-4
  theta[!inside] <- 0
  free <- function(t) { at <- theta; at[inside] <- t; deviance(at) }
  for (i in 1:6) theta[inside] <- theta[inside] - solve(numDeriv::hessian(free, theta[inside]), numDeriv::grad(free, theta[inside]))
  given <- function(fn, par, lower, upper, control) list(par = theta, fval = fn(theta), conv = 0, message = "given")
  model <- suppressMessages(lme4::lmer(formula, d, REML = reml, control = lmerControl(optimizer = given, calc.derivs = FALSE)))
  list(model = model, criterion = deviance(theta), theta = theta)
}

reference <- function(name, formula, reml) {
  fit <- sharpest(as.formula(formula), data[[name]], reml)
  names(fit$theta) <- sub("[.].*", "", names(fit$theta))
  table <- summary(fit$model)$coefficients
  modes <- lapply(ranef(fit$model, condVar = TRUE), function(factor)
    list(group = as.integer(rownames(factor)), mode = factor[[1]], variance = as.vector(attr(factor, "postVar"))))
  list(data = name, formula = formula, reml = reml, criterion = unname(fit$criterion), theta = as.list(fit$theta),
       sigma = sigma(fit$model), columns = rownames(table), estimate = unname(table[, 1]), se = unname(table[, 2]), modes = modes)
}

both <- function(name, formula) list(reference(name, formula, TRUE), reference(name, formula, FALSE))
fits <- c(both("balanced", "y ~ x + (1 | client) + (1 | rater)"),
          both("sparse", "y ~ x + arm + (1 | client) + (1 | rater)"),
          both("three", "y ~ x + arm + (1 | client) + (1 | therapist) + (1 | rater)"),
          both("singular", "y ~ x + (1 | client) + (1 | rater)"))
write(toJSON(fits, digits = NA, auto_unbox = TRUE, pretty = TRUE), "crossed_reference.json")
for (f in fits) cat(f$data, f$reml, format(f$criterion, digits = 15), format(unlist(f$theta), digits = 10), "\n")
