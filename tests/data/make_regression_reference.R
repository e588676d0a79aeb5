# Makes the data sets regression_*.csv and what R makes of them, regression_reference.json.
# Run in this folder: Rscript make_regression_reference.R   (sandwich, clubSandwich and jsonlite are needed)
suppressMessages({library(sandwich); library(clubSandwich); library(jsonlite)})
options(digits = 17)
set.seed(20251123)

clustered <- function(sizes, icc) {
  id <- rep(seq_along(sizes), sizes)
  data.frame(therapist = id, noise = rnorm(length(id)) * sqrt(1 - icc), level = (rnorm(length(sizes)) * sqrt(icc))[id])
}
finished <- function(d, digits = 6) {
  d$noise <- d$level <- NULL
  for (v in names(d)) if (is.double(d[[v]])) d[[v]] <- signif(d[[v]], digits)
  d[sample(nrow(d)), ]
}

# ---- robust standard errors
uneven <- clustered(c(1, 1, 2, 2, 3, 4, 5, 8, 13, 21, 34, rep(6, 9)), .2)
uneven <- within(uneven, { x <- rnorm(length(noise), 10, 3); arm <- therapist %% 2; dose <- round(level * 4) + therapist %% 3
  y <- 3 + .4 * x - arm + 2 * level + noise * (1 + .2 * abs(x - 10)) })
few <- clustered(c(7, 9, 4, 12, 6), .3)
few <- within(few, { x <- rnorm(length(noise)) + level; arm <- as.integer(therapist <= 2); first <- as.integer(therapist == 1)
  copy <- 2 * x + 3; y <- x + level + noise })
units <- clustered(rep(c(3, 8), 7), .1)
units <- within(units, { huge <- 1e6 + rnorm(length(noise), 0, 50); tiny <- rnorm(length(noise), 0, 1e-7)
  y <- 1e5 * (huge / 50 + 1e7 * tiny + level + noise) })

robust_sets <- list(uneven = finished(uneven), few = finished(few), units = finished(units, 12))
for (name in names(robust_sets))
  write.csv(robust_sets[[name]], sprintf("regression_%s.csv", name), row.names = FALSE, quote = FALSE)
robust_sets <- lapply(setNames(nm = names(robust_sets)), function(name) read.csv(sprintf("regression_%s.csv", name)))

table_of <- function(terms, estimate, se, df) setNames(lapply(seq_along(terms), function(i)
  list(estimate = estimate[[i]], se = se[[i]], df = df[[i]])), terms)

robust <- function(name, formula) {
  fit <- lm(as.formula(formula), robust_sets[[name]])
  kept <- !is.na(coef(fit))
  hc3 <- suppressWarnings(sqrt(diag(vcovHC(fit, type = "HC3")))[names(which(kept))])
  cr2 <- coef_test(fit, vcov = "CR2", cluster = robust_sets[[name]]$therapist, test = "Satterthwaite")
  estimate <- coef(fit)[kept]
  list(data = name, formula = formula,
       hc3 = if (all(is.finite(hc3))) table_of(names(estimate), estimate, hc3, rep(fit$df.residual, length(hc3))),
       cr2 = table_of(names(estimate), estimate, cr2$SE, cr2$df))
}
# Badly scaled columns are given to R centred, and mapped back (intercept left out: it is not the same coefficient).
robust_units <- function() {
  d <- within(robust_sets$units, { huge <- huge - 1e6; tiny <- tiny * 1e7 })
  fit <- lm(y ~ huge + tiny, d)
  cr2 <- coef_test(fit, vcov = "CR2", cluster = d$therapist, test = "Satterthwaite")
  to <- c(1, 1e7)
  list(data = "units", formula = "y ~ huge + tiny",
       hc3 = table_of(c("huge", "tiny"), coef(fit)[2:3] * to, sqrt(diag(vcovHC(fit, type = "HC3")))[2:3] * to, rep(fit$df.residual, 2)),
       cr2 = table_of(c("huge", "tiny"), coef(fit)[2:3] * to, cr2$SE[2:3] * to, cr2$df[2:3]))
}
robust_fits <- list(robust("uneven", "y ~ x + arm"), robust("uneven", "y ~ arm"), robust("uneven", "y ~ 1"),
                    robust("uneven", "y ~ x * arm + dose"), robust("uneven", "y ~ 0 + x"),
                    robust("few", "y ~ x + arm"), robust("few", "y ~ x"), robust("few", "y ~ x + first"),
                    robust_units())
# Indicators of the clusters: all coefficients are compared, though only the slope's standard error means something.
fixed <- local({
  d <- robust_sets$few
  for (k in 2:5) d[[paste0("t", k)]] <- as.integer(d$therapist == k)
  fit <- lm(y ~ x + t2 + t3 + t4 + t5, d)
  cr2 <- coef_test(fit, vcov = "CR2", cluster = d$therapist, test = "Satterthwaite")
  table_of(names(coef(fit)), coef(fit), cr2$SE, cr2$df)
})

write(toJSON(list(robust = robust_fits, fixed = fixed), digits = NA, auto_unbox = TRUE, pretty = TRUE, null = "null", na = "null"),
      "regression_reference.json")
