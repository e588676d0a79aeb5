#include "mixed/covariance.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace bordin {
namespace {

int size_of(CovarianceBlock const& block) {
  return static_cast<int>(block.effects.size());
}

// A variance has to be this much larger than the leading one before the order changes: no switching to and fro.
constexpr double clearly = 2;

// The place of the largest pivot at or after `k`.
int largest_pivot(Effects const& m, int k) {
  int best = k;
  for (int i = k + 1; i < m.rows(); ++i)
    if (m(i, i) > m(best, best)) best = i;
  return best;
}

}  // namespace

void CovarianceStructure::assign(std::vector<CovarianceBlock> const& blocks, int levels, int effects) {
  blocks_ = blocks;
  levels_ = levels;
  effects_ = effects;
  parameters_ = 0;
  first_.clear();
  for (auto const& block : blocks_) {
    first_.push_back(parameters_);
    parameters_ += size_of(block) * (size_of(block) + 1) / 2;
  }
}

int CovarianceStructure::place(int level, int i, int j) const {
  auto const [low, high] = std::minmax(i, j);
  return level * effects_ * (effects_ + 1) / 2 + low * effects_ - low * (low - 1) / 2 + (high - low);
}

int CovarianceStructure::place(CovarianceBlock const& block, int i, int j) const {
  return place(block.level, block.effects[static_cast<std::size_t>(i)], block.effects[static_cast<std::size_t>(j)]);
}

Effects CovarianceStructure::factor(Parameters const& theta, std::size_t b) const {
  int first = first_[b];
  int const size = size_of(blocks_[b]);
  Effects l = Effects::Zero(size, size);
  for (int j = 0; j < size; ++j)
    for (int i = j; i < size; ++i) l(i, j) = theta[first++];
  return l;
}

Effects CovarianceStructure::part(double const* packed, std::size_t b) const {
  auto const& block = blocks_[b];
  int const size = size_of(block);
  Effects out(size, size);
  for (int i = 0; i < size; ++i)
    for (int j = 0; j < size; ++j) out(i, j) = packed[place(block, i, j)];
  return out;
}

void CovarianceStructure::add_to(double* packed, std::size_t b, Effects const& matrix) const {
  auto const& block = blocks_[b];
  for (int i = 0; i < size_of(block); ++i)
    for (int j = 0; j <= i; ++j) packed[place(block, i, j)] += matrix(i, j);
}

void CovarianceStructure::covariance(Parameters const& theta, double* packed) const {
  std::fill_n(packed, packed_size(), 0.0);
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    auto const& block = blocks_[b];
    int const size = size_of(block);
    double const* column = theta.data() + first_[b];  // of L, from the diagonal down
    for (int k = 0; k < size; column += size - k, ++k)
      for (int i = k; i < size; ++i)
        for (int j = k; j <= i; ++j) packed[place(block, i, j)] += column[i - k] * column[j - k];
  }
}

void CovarianceStructure::gradient(Parameters const& theta, double const* packed_slope, Parameters& out) const {
  out.resize(parameters_);
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    auto const& block = blocks_[b];
    int const size = size_of(block);
    double const* column = theta.data() + first_[b];
    double* slope = out.data() + first_[b];
    for (int k = 0; k < size; column += size - k, slope += size - k, ++k)
      for (int i = k; i < size; ++i) {
        double sum = 0;
        for (int j = k; j < size; ++j) sum += packed_slope[place(block, i, j)] * column[j - k];
        slope[i - k] = 2 * sum;
      }
  }
}

bool CovarianceStructure::wants_other_order(double const* packed) const {
  for (auto const& block : blocks_) {
    double const leading = packed[place(block, 0, 0)];
    for (int i = 1; i < size_of(block); ++i)
      if (packed[place(block, i, i)] > clearly * leading) return true;
  }
  return false;
}

Parameters CovarianceStructure::factorised(double const* packed, bool eager) {
  Parameters theta(parameters_);
  int next = 0;
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    auto& effects = blocks_[b].effects;
    int const size = size_of(blocks_[b]);
    Effects m = part(packed, b);
    Effects l = Effects::Zero(size, size);
    for (int k = 0; k < size; ++k) {
      int const best = largest_pivot(m, k);
      if (best != k && m(best, best) > (eager ? 1 : clearly) * m(k, k)) {
        m.row(k).swap(m.row(best));
        m.col(k).swap(m.col(best));
        l.row(k).swap(l.row(best));
        std::swap(effects[static_cast<std::size_t>(k)], effects[static_cast<std::size_t>(best)]);
      }
      if (!(m(k, k) > 0)) break;
      l(k, k) = std::sqrt(m(k, k));
      for (int i = k + 1; i < size; ++i) l(i, k) = m(i, k) / l(k, k);
      for (int i = k + 1; i < size; ++i)
        for (int j = k + 1; j < size; ++j) m(i, j) -= l(i, k) * l(j, k);
    }
    for (int j = 0; j < size; ++j)
      for (int i = j; i < size; ++i) theta[next++] = l(i, j);
  }
  return theta;
}

}  // namespace bordin
