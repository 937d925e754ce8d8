#include "app/cli/secret_file.hpp"

#include "store/files.hpp"

namespace casement::app::cli {

using base::ErrorKind;
using base::Result;
using base::Secret;

namespace {

constexpr std::size_t kMaxSecretFile = 20'000;  // all of Google's cookies fit

}  // namespace

Result<Secret> secret_in(const std::string& file) {
    const auto text = store::read_file(file, kMaxSecretFile);
    if (!text) return std::unexpected(text.error().within(file));
    std::string line = text->substr(0, text->find('\n'));
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) return base::fail(ErrorKind::InvalidArgument, "{} is empty", file);
    return Secret(std::move(line));
}

}  // namespace casement::app::cli
