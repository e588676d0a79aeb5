#pragma once

#include <map>
#include <string>

#include "analysis/anova_contrasts.hpp"
#include "analysis/cluster_test.hpp"
#include "analysis/cox.hpp"
#include "analysis/lagged_analysis.hpp"
#include "analysis/logistic.hpp"
#include "analysis/logistic_intercept.hpp"
#include "analysis/mixed_model.hpp"
#include "analysis/person_period.hpp"
#include "analysis/robust.hpp"
#include "analysis/variance_rows.hpp"

namespace bordin {

//! Which estimator an analysis needs, and one of each kind with the memory it keeps: one object per thread.
class Estimators {
 public:
  //! Throws FormulaError where `spec` asks for something that no estimator does. `method` is not automatic.
  static void check(AnalysisSpec const& spec, Formula const& formula, Method method);

  //! What will be asked of a fit beyond its coefficients.
  struct Further {
    bool variance_rows = false;
    bool details = false;
    double alpha = 0.05;
  };

  //! Fills `fit`, whose coefficients are there already, all NaN. Takes the columns of `design` apart.
  void estimate(AnalysisSpec const& spec, Method method, DesignPlan const& plan, Design& design, Further const& further,
                Fit& fit);
  //! Of the fit made last: appends the rows about variances to its coefficients ...
  void add_rows(std::vector<VarianceRow> const& rows, double alpha, Fit& fit);
  //! ... and fills variance_tests, icc and, if asked for, ranef. `design` was made from `table`.
  void describe(DesignPlan const& plan, Design const& design, Table const& table, FitOptions const& options, Fit& fit);

 private:
  void mixed(AnalysisSpec const& spec, DesignPlan const& plan, Design& design, Further const& further, Fit& fit);
  void logistic(AnalysisSpec const& spec, Method method, DesignPlan const& plan, Design& design, Fit& fit);
  void survival(AnalysisSpec const& spec, Method method, DesignPlan const& plan, Design& design, Fit& fit);
  void least_squares(AnalysisSpec const& spec, DesignPlan const& plan, Design& design, Fit& fit);
  void cluster_means_of(DesignPlan const& plan, Design& design, Fit& fit);
  void discrete_time(DesignPlan const& plan, Design& design, Fit& fit);

  MixedModel mixed_;
  VarianceInference variances_;
  AnovaContrasts anova_;
  LogisticRegression logistic_;
  std::map<int, LogisticRandomIntercept> logistic_mixed_;  // by nodes
  CoxRegression cox_;
  PersonPeriod expanded_;
  RobustErrors robust_;
  LaggedAnalysis lagged_;
  ClusterTest cluster_test_;
};

}  // namespace bordin
