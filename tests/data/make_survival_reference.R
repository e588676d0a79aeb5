# Makes survival.csv (many small data sets one below the other, covariates in the columns x1, x2, ...) and what R makes of
# them, survival_reference.json.
# Run in this folder: Rscript make_survival_reference.R   (survival and jsonlite are needed)
suppressMessages({library(survival); library(jsonlite)})
options(digits = 17)
set.seed(20250317)

# ---- data: clients of therapists, `formula` says which covariates the model matrix has
clients <- function(n, therapists, formula = ~ a + b, effects = c(.6, -.4), spread = .4) {
  d <- data.frame(cluster = sample(therapists, n, TRUE), a = signif(rnorm(n), 5), b = rbinom(n, 1, .4),
                  arm = factor(sample(c("TAU", "CBT", "PDT"), n, TRUE)))
  d$x <- model.matrix(formula, d)[, -1, drop = FALSE]
  d$hazard <- exp(drop(d$x %*% rep_len(effects, ncol(d$x))) + spread * rnorm(therapists)[d$cluster])
  d
}
censored <- function(d, time, limit) {
  d$event <- as.numeric(time <= limit); d$time <- signif(pmin(time, limit), 6); d
}
drawn <- function(d) rexp(nrow(d)) / d$hazard
sets <- list(
  no_ties = { d <- clients(120, 12); censored(d, drawn(d), runif(120, 0, 3)) },
  heavy_ties = { d <- clients(150, 15); censored(d, ceiling(2 * drawn(d)), sample(2:4, 150, TRUE)) },
  everybody = { d <- clients(80, 8); censored(d, ceiling(5 * drawn(d)), Inf) },
  all_at_once = { d <- clients(20, 5); censored(d, rep(3, 20), c(rep(3, 15), rep(2, 5))) },
  rare = { d <- clients(400, 20); censored(d, drawn(d), .02 + 1e-3 * sample(20, 400, TRUE)) },
  tied_censoring = { d <- clients(200, 10); censored(d, ceiling(6 * drawn(d)), sample(12, 200, TRUE)) },
  single_rows = { d <- clients(100, 10); d$cluster <- sample(100); censored(d, ceiling(10 * drawn(d)), 16) },
  two_clusters = { d <- clients(300, 2); censored(d, ceiling(10 * drawn(d)), 16) },
  factor = { d <- clients(150, 15, ~ arm + a); censored(d, ceiling(10 * drawn(d)), 16) },
  interaction = { d <- clients(250, 25, ~ arm * a + b); censored(d, drawn(d), 1.5) },
  eight = { d <- clients(8, 4, ~ a, 1); d$time <- c(1, 2, 2, 3, 5, 5, 6, 8); d$event <- c(1, 1, 0, 1, 1, 1, 0, 1)
    d$x[, 1] <- c(.5, 1.5, -1, .2, -.3, 1, .4, -2); d$cluster <- c(1, 2, 3, 4, 1, 2, 3, 4); d },
  many = { d <- clients(500, 30, ~ a + b + I(a^2) + arm + a:b + I(sin(7 * a)) + I(cos(5 * a)), c(.3, -.3, .1))
    censored(d, ceiling(12 * drawn(d)), sample(5:20, 500, TRUE)) },
  scaled = { d <- clients(150, 15); d$x[, 1] <- signif(1e6 + 50 * d$x[, 1], 10); d$x[, 2] <- 1e-6 * d$x[, 2]
    censored(d, drawn(d), 1) },
  strong = { d <- clients(200, 20, ~ a + b, c(3, -2)); censored(d, drawn(d), 5) })
sets <- lapply(sets, function(d) { d$x <- signif(d$x, 12); d })  # what 15 digits in the file hold

# ---- what R makes of them
fitted_cox <- function(name) {
  d <- sets[[name]]
  x <- d$x
  centre <- unit <- NULL
  if (name == "scaled") {  # coxph is given columns it can manage; coefficients are mapped back
    centre <- c(1e6, 0); unit <- c(50, 1e-6); x <- sweep(sweep(x, 2, centre), 2, unit, "/")
  }
  tight <- coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-15, timefix = FALSE)
  plain <- coxph(Surv(d$time, d$event) ~ x, ties = "efron", control = tight)
  robust <- coxph(Surv(d$time, d$event) ~ x, ties = "efron", control = tight, cluster = d$cluster)
  base <- basehaz(plain, centered = FALSE)
  base <- base[base$time %in% d$time[d$event == 1], ]
  if (is.null(unit)) unit <- rep(1, ncol(x))
  list(name = name, n = nrow(d), columns = ncol(x), events = sum(d$event),
       coef = unname(coef(plain)) / unit, se = unname(sqrt(diag(vcov(plain)))) / unit,
       robust_se = unname(sqrt(diag(vcov(robust)))) / unit,
       loglik_null = plain$loglik[1], loglik = plain$loglik[2], score_test = plain$score, wald_test = unname(plain$wald.test),
       robust_wald_test = unname(robust$wald.test), concordance = unname(concordance(plain)$concordance),
       time = base$time, hazard = if (is.null(centre)) base$hazard else NULL)
}

# The person-period data set written out by hand and fitted by glm; periods where nobody or everybody leaves are left out.
fitted_glm <- function(name) {
  d <- sets[[name]]
  long <- do.call(rbind, lapply(seq_len(nrow(d)), function(i) {
    t <- seq_len(d$time[i])
    data.frame(row = i, period = t, y = as.numeric(t == d$time[i] & d$event[i] == 1))
  }))
  share <- ave(long$y, long$period)
  long <- long[share > 0 & share < 1, ]
  x <- d$x[long$row, , drop = FALSE]
  period <- factor(long$period)
  tight <- glm.control(epsilon = 1e-15, maxit = 100)
  fit <- glm(long$y ~ 0 + period + x, family = binomial, control = tight)
  fit <- update(fit, start = coef(fit))  # glm's standard errors are those of the step before the last
  list(name = name, rows = nrow(long), periods = as.integer(levels(period)), coef = unname(coef(fit)),
       se = unname(sqrt(diag(vcov(fit)))), deviance = deviance(fit))
}

most <- max(sapply(sets, function(d) ncol(d$x)))
rows <- do.call(rbind, lapply(names(sets), function(name) {
  d <- sets[[name]]
  x <- cbind(d$x, matrix(NA, nrow(d), most - ncol(d$x)))
  colnames(x) <- paste0("x", seq_len(most))
  data.frame(set = name, cluster = d$cluster, time = d$time, event = d$event, x)
}))
number <- function(v) ifelse(is.na(v), "", formatC(v, digits = 15, width = 1, format = "g"))
for (v in names(rows)[-1]) rows[[v]] <- number(rows[[v]])
write.csv(rows, "survival.csv", row.names = FALSE, quote = FALSE)
write(toJSON(list(cox = lapply(names(sets), fitted_cox),
                  person_period = lapply(c("heavy_ties", "everybody", "tied_censoring", "factor"), fitted_glm)),
             digits = NA, pretty = TRUE, null = "null", auto_unbox = FALSE), "survival_reference.json")
