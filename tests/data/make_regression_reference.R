# Makes the data sets regression_*.csv and what R makes of them, regression_reference.json.
# Run in this folder: Rscript make_regression_reference.R   (sandwich, clubSandwich, numDeriv and jsonlite are needed)
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

# ---- weighted test of therapists' means
# Variances by Henderson's method 3 from residual squares of lm alone: with and without indicators of the therapists.
weighted_means <- function(name, formula, columns) {
  d <- robust_sets[[name]]
  f <- as.formula(formula)
  plain <- lm(f, d)
  full <- lm(update(f, . ~ . + factor(therapist)), d)
  within <- deviance(full) / df.residual(full)
  Z <- model.matrix(~ 0 + factor(therapist), d)
  count <- sum(qr.resid(plain$qr, Z)^2)
  between <- max(0, (deviance(plain) - within * df.residual(plain)) / count)
  means <- aggregate(d[columns], d["therapist"], mean)
  n <- as.vector(table(d$therapist))
  weights <- 1 / (between + within / n)
  fit <- lm(f, means, weights = weights / mean(weights))
  table <- summary(fit)$coefficients
  list(data = name, formula = formula, between = between, within = within, sigma = sigma(fit),
       coefficients = table_of(rownames(table), table[, 1], table[, 2], rep(fit$df.residual, nrow(table))))
}
weighted <- list(weighted_means("uneven", "y ~ arm", c("y", "arm")), weighted_means("uneven", "y ~ 1", "y"),
                 weighted_means("uneven", "y ~ x + arm + dose", c("y", "x", "arm", "dose")),
                 weighted_means("few", "y ~ x + arm", c("y", "x", "arm")))

# ---- nested analysis of variance: arms of 3, 4 and 5 therapists with 6 clients each; the same with clients lost
nested <- clustered(rep(6, 12), .25)
nested <- finished(within(nested, { arm <- c("a", "b", "c")[rep(1:3, c(3, 4, 5))[therapist]]; y <- 50 + 10 * (level + noise) + 3 * (arm == "b") }))
nested <- nested[order(nested$therapist), ]
write.csv(nested, "regression_nested.csv", row.names = FALSE, quote = FALSE)
nested <- read.csv("regression_nested.csv")
nested_row <- function(d) {
  sequential <- anova(lm(y ~ arm + factor(therapist), d))
  strata <- summary(aov(y ~ arm + Error(factor(therapist)), d))
  arms <- strata[["Error: factor(therapist)"]][[1]]
  list(squares = sequential[["Sum Sq"]], df = sequential[["Df"]],
       arms = list(statistic = arms[1, "F value"], p = arms[1, "Pr(>F)"]),
       groups = list(statistic = sequential[2, "F value"], p = sequential[2, "Pr(>F)"]))
}
lost <- nested[-c(1, 2, 9, 20, 21, 22, 47), ]
F_groups <- nested_row(nested)$groups$statistic
bounds <- F_groups / qf(c(.975, .025), 9, 60)
anova_rows <- list(balanced = c(nested_row(nested), list(icc = (F_groups - 1) / (F_groups + 5), interval = (bounds - 1) / (bounds + 5))),
                   lost = nested_row(lost), f = list(p = pf(3.7, 2.5, 11, lower.tail = FALSE), tail = pf(200, 3, 40, lower.tail = FALSE),
                                                     quantile = qf(c(.025, .975), 4, 17.5)))

# ---- session-to-session models: the moments client by client and lag by lag, as they are written down
sessions <- do.call(rbind, lapply(1:40, function(i) {
  last <- sample(4:12, 1); a <- rnorm(1, 20, 4); y <- a + rnorm(1, 0, 3); x <- rnorm(1)
  rows <- data.frame(client = i, therapist = (i - 1) %/% 5 + 1, session = 1:last, y = NA, x = NA, z = rnorm(last))
  for (t in seq_len(last)) {
    noise <- rnorm(1, 0, 2)
    new_y <- .4 * (y - a) + a - .5 * x + .3 * rows$z[t] + noise
    x <- .2 * x + .1 * (y - a) + .2 * noise + rnorm(1); y <- new_y
    rows$y[t] <- y; rows$x[t] <- x
  }
  rows
}))
sessions <- sessions[sort(sample(nrow(sessions), round(.9 * nrow(sessions)))), ]
for (v in c("y", "x", "z")) sessions[[v]] <- signif(sessions[[v]], 6)
sessions <- sessions[sample(nrow(sessions)), ]
write.csv(sessions, "regression_sessions.csv", row.names = FALSE, quote = FALSE)
sessions <- read.csv("regression_sessions.csv")

pairs_of <- function(d, W) {
  d <- d[order(d$client, d$session), ]
  n <- nrow(d)
  ok <- which(d$client[-1] == d$client[-n] & d$session[-1] == d$session[-n] + 1) + 1
  now <- d[ok, ]
  for (v in W) now[[paste0("lag_", v)]] <- d[ok - 1, v]
  now[ave(now$session, now$client, FUN = length) >= 2, ]
}
power <- function(M, k) { P <- diag(nrow(M)); while (k > 0) { P <- M %*% P; k <- k - 1 }; P }
client_moments <- function(theta, now, W, Z, corrected) {
  q <- length(W); regressors <- c(paste0("lag_", W), Z)
  theta <- matrix(theta, length(regressors), q)
  Phi <- t(theta[seq_len(q), , drop = FALSE])
  sapply(split(now, now$client), function(d) {
    centred <- function(v) scale(as.matrix(d[v]), scale = FALSE)
    R <- centred(regressors)
    U <- centred(W) - R %*% theta
    M <- t(R) %*% U
    n <- nrow(d)
    lags <- outer(d$session, d$session, "-") - 1
    lags <- table(lags[lags >= 0])
    if (corrected) for (k in names(lags))
      M[seq_len(q), ] <- M[seq_len(q), ] + lags[[k]] * power(Phi, as.integer(k)) %*% crossprod(U) / (n * (n - 1))
    as.vector(M)
  }, simplify = "array")
}
lagged <- function(W, Z, cluster, corrected) {
  now <- pairs_of(sessions, W)
  q <- length(W); p <- q + length(Z)
  moments <- function(theta, corrected) matrix(client_moments(theta, now, W, Z, corrected), nrow = p * q)
  total <- function(theta, corrected) rowSums(moments(theta, corrected))
  jacobian <- function(theta, f) numDeriv::jacobian(f, theta)
  theta <- rep(0, p * q)
  for (share in c(0, .25, .5, .75, 1)[if (corrected) 1:5 else 1]) {
    f <- function(theta) (1 - share) * total(theta, FALSE) + (if (share > 0) share * total(theta, TRUE) else 0)
    for (i in 1:8) theta <- theta - solve(jacobian(theta, f), f(theta))
  }
  J <- jacobian(theta, function(theta) total(theta, corrected))
  by <- now[[cluster]][match(sort(unique(now$client)), now$client)]
  each <- moments(theta, corrected)
  changes <- sapply(split(seq_along(by), by), function(i) {
    own <- jacobian(theta, function(theta) rowSums(moments(theta, corrected)[, i, drop = FALSE]))
    solve(J - own, rowSums(each[, i, drop = FALSE]))[seq_len(p)]
  })
  changes <- matrix(changes, nrow = p)
  G <- ncol(changes)
  list(W = as.list(W), Z = as.list(Z), cluster = cluster, corrected = corrected, pairs = nrow(now), clients = length(unique(now$client)),
       clusters = G, estimate = as.list(theta[seq_len(p)]), se = as.list(sqrt(rowSums(changes^2) * (G - 1) / G)))
}
lagged_fits <- list(lagged("y", NULL, "client", TRUE), lagged("y", "z", "therapist", TRUE), lagged(c("y", "x"), "z", "client", TRUE),
                    lagged(c("y", "x"), NULL, "therapist", TRUE))
# Uncorrected: least squares with an indicator per client, fitted again without each cluster.
within_model <- function(W, Z, cluster) {
  now <- pairs_of(sessions, W)
  regressors <- c(paste0("lag_", W), Z)
  fitted <- function(d) lm(reformulate(c("0", "factor(client)", regressors), "y"), d)
  fit <- fitted(now)
  left <- unique(now[[cluster]])
  changes <- sapply(left, function(g) coef(fitted(now[now[[cluster]] != g, ]))[regressors] - coef(fit)[regressors])
  G <- length(left)
  list(W = as.list(W), Z = as.list(Z), cluster = cluster, corrected = FALSE, pairs = nrow(now), clients = length(unique(now$client)),
       clusters = G, estimate = as.list(unname(coef(fit)[regressors])), se = as.list(sqrt(rowSums(matrix(changes, ncol = G)^2) * (G - 1) / G)), sigma = sigma(fit))
}
lagged_fits <- c(lagged_fits, list(within_model("y", NULL, "client"), within_model(c("y", "x"), "z", "therapist")))

write(toJSON(list(robust = robust_fits, fixed = fixed, weighted = weighted, anova = anova_rows, lagged = lagged_fits), digits = NA,
             auto_unbox = TRUE, pretty = TRUE, null = "null", na = "null"), "regression_reference.json")
