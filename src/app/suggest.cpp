#include "app/suggest.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace casement::app {

namespace {
constexpr std::size_t kMaxWord = 64;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    a = a.substr(0, kMaxWord);
    b = b.substr(0, kMaxWord);
    // Optimal string alignment: three rows are enough, the last but one for swapped neighbours.
    using Row = std::array<std::size_t, kMaxWord + 1>;
    Row before{};
    Row above{};
    Row row{};
    for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = above;
        above = row;
    }
    return above[b.size()];
}

std::string nearest(std::string_view word, std::span<const std::string> known) {
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    std::string best;
    for (const std::string& candidate : known) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
    const std::string best = nearest(word, known);
    return best.empty() ? "" : fmt::format("; did you mean \"{}\"?", best);
}

}  // namespace casement::app
