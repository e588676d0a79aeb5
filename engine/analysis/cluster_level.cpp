#include "analysis/cluster_level.hpp"

namespace bordin {

Design cluster_means(Design const& design) {
  auto const& cluster = design.cluster();
  auto const clusters = static_cast<Eigen::Index>(design.clusters());
  Design means;
  means.empty_levels = design.empty_levels;
  means.x = Eigen::MatrixXd::Zero(clusters, design.x.cols());
  means.y = Eigen::VectorXd::Zero(clusters);
  Eigen::VectorXd sizes = Eigen::VectorXd::Zero(clusters);
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    auto const row = static_cast<Eigen::Index>(i);
    sizes[cluster[i]] += 1;
    means.y[cluster[i]] += design.y[row];
  }
  for (Eigen::Index c = 0; c < design.x.cols(); ++c)
    for (std::size_t i = 0; i < cluster.size(); ++i) means.x(cluster[i], c) += design.x(static_cast<Eigen::Index>(i), c);
  means.y.array() /= sizes.array();
  means.x.array().colwise() /= sizes.array();
  return means;
}

}  // namespace bordin
