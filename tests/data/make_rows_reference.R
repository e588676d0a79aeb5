# What R makes of variances (likelihood-ratio tests, shares, predicted random effects), of clusters as fixed effects and of
# nested analysis of variance: rows_reference.json, from data that other scripts made. In this folder: Rscript make_rows_reference.R
suppressMessages({library(lme4); library(jsonlite)})
set.seed(20261124)
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE,
                     check.conv.singular = "ignore")
read <- function(name) {
  d <- read.csv(name)
  for (g in c("therapist", "client", "clinic")) if (!is.null(d[[g]])) d[[g]] <- factor(d[[g]])
  d
}
# ---- variances
tested <- list(
  list("mixed_models_growth.csv", "y ~ time * arm + (1 + time | therapist) + (1 | client)", list(
    "sd(therapist)" = "y ~ time * arm + (0 + time | therapist) + (1 | client)",
    "sd(time | therapist)" = "y ~ time * arm + (1 | therapist) + (1 | client)",
    "sd(client)" = "y ~ time * arm + (1 + time | therapist)")),
  list("mixed_models_growth.csv", "y ~ time + pre + (1 | therapist)", list("sd(therapist)" = "y ~ time + pre")),
  list("mixed_models_nested.csv", "y ~ time + pre + (1 | clinic/therapist)", list(
    "sd(clinic)" = "y ~ time + pre + (1 | clinic:therapist)",
    "sd(therapist:clinic)" = "y ~ time + pre + (1 | clinic)")),
  list("regression_nested.csv", "y ~ arm + (1 | therapist)", list("sd(therapist)" = "y ~ arm")))
criterion <- function(formula, d, reml) {
  random <- grepl("|", formula, fixed = TRUE)
  m <- if (random) lmer(as.formula(formula), d, REML = reml, control = tight) else lm(as.formula(formula), d)
  -2 * as.numeric(logLik(m, REML = reml))
}
variances <- list()
for (case in tested) for (reml in c(TRUE, FALSE)) {
  d <- read(case[[1]])
  m <- lmer(as.formula(case[[2]]), d, REML = reml, control = tight)
  full <- criterion(case[[2]], d, reml)
  tests <- lapply(names(case[[3]]), function(row) {
    statistic <- max(criterion(case[[3]][[row]], d, reml) - full, 0)
    k <- if (grepl("1 + time", case[[2]], fixed = TRUE) && grepl("therapist", row)) 2 else 1
    tail <- function(df) if (df == 0) as.numeric(statistic == 0) else pchisq(statistic, df, lower.tail = FALSE)
    list(row = row, statistic = statistic, p = if (statistic > 0) (tail(k) + tail(k - 1)) / 2 else 1)
  })
  v <- as.data.frame(VarCorr(m))
  own <- v[is.na(v$var2) & (v$var1 %in% "(Intercept)" | v$grp == "Residual"), ]
  icc <- as.list(setNames(own$vcov / sum(own$vcov), own$grp))
  profiled <- NULL
  if (!reml && grepl("(1 | therapist)", case[[2]], fixed = TRUE) && length(case[[3]]) == 1) {
    ci <- suppressMessages(confint(m, parm = "theta_", method = "profile", quiet = TRUE))
    profiled <- as.numeric(ci[1, ])
  }
  variances[[length(variances) + 1]] <- list(data = case[[1]], formula = case[[2]], reml = reml, tests = tests, icc = icc,
    sd = as.list(setNames(v$sdcor[is.na(v$var2)], paste(v$grp, v$var1)[is.na(v$var2)])), profiled = profiled, aic = AIC(m), bic = BIC(m))
}
# ---- predicted random effects
predicted <- list()
for (case in list(tested[[1]], tested[[3]])) {
  m <- lmer(as.formula(case[[2]]), read(case[[1]]), control = tight)
  r <- as.data.frame(ranef(m, condVar = TRUE))
  predicted[[length(predicted) + 1]] <- list(data = case[[1]], formula = case[[2]],
    effects = lapply(seq_len(nrow(r)), function(i) list(group = as.character(r$grpvar[i]), term = as.character(r$term[i]),
      level = as.character(r$grp[i]), value = r$condval[i], sd = r$condsd[i])))
}
# ---- clusters as fixed effects: therapist contrasts that sum to zero within arms; and therapist means on what they share
sum_within <- function(therapist, arm) {
  arms <- tapply(as.character(arm), therapist, `[`, 1)
  do.call(cbind, lapply(unique(arms), function(a) {
    own <- names(arms)[arms == a]
    sapply(head(own, -1), function(g) (therapist == g) - (therapist == tail(own, 1)))
  }))
}
rows_of <- function(estimate, se, df) lapply(seq_along(estimate), function(i)
  list(term = names(estimate)[i], estimate = estimate[[i]], se = se[[i]], df = df))
shared <- function(d, within, between, y = "y") {
  m <- lm(reformulate(c("0", "therapist", within), y), d)
  j <- nlevels(d$therapist)
  first <- d[match(levels(d$therapist), d$therapist), ]
  b <- model.matrix(between, first)
  k <- matrix(0, ncol(b), length(coef(m)), dimnames = list(colnames(b), NULL))
  k[, seq_len(j)] <- solve(crossprod(b), t(b))
  if (length(within)) { e <- diag(length(coef(m)))[-seq_len(j), , drop = FALSE]; rownames(e) <- names(coef(m))[-seq_len(j)]; k <- rbind(k, e) }
  rows_of(drop(k %*% coef(m)), sqrt(diag(k %*% vcov(m) %*% t(k))), df.residual(m))
}
nested <- read("regression_nested.csv")[-c(1, 2, 9), ]
uneven <- read("regression_uneven.csv")
arms <- nested$arm
m <- lm(y ~ arm + sum_within(therapist, arm), nested)
s <- coef(summary(m))[seq_len(nlevels(factor(arms))), , drop = FALSE]
fixed <- list(
  list(data = "regression_nested.csv", without = c(0, 1, 8), formula = "y ~ arm + (1 | therapist)", sigma = sigma(m),
       rows = rows_of(setNames(s[, 1], rownames(s)), s[, 2], df.residual(m))),
  list(data = "regression_uneven.csv", without = list(), formula = "y ~ arm + dose + x + (1 | therapist)",
       rows = shared(uneven, "x", ~ arm + dose)),
  list(data = "regression_uneven.csv", without = list(), formula = "y ~ x * arm + (1 | therapist)",
       rows = shared(uneven, c("x", "x:arm"), ~ arm)))
# ---- nested analysis of variance
balanced <- read("regression_nested.csv")
means <- aggregate(y ~ therapist + arm, balanced, mean)
a <- anova(lm(y ~ arm + therapist, balanced))
m <- lm(y ~ arm, means)  # equal caseloads: the same tests
s <- coef(summary(m))
anova <- list(rows = rows_of(setNames(s[, 1], rownames(s)), s[, 2], df.residual(m)), f = a["therapist", "F value"],
              p = a["therapist", "Pr(>F)"])
write_json(list(variances = variances, predicted = predicted, fixed = fixed, anova = anova), "rows_reference.json",
           digits = NA, auto_unbox = TRUE, null = "null", pretty = TRUE)
