// The configuration file: whatever stands in it, reading ends, within bounds, with problems instead
// of a crash.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "app/config/load.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace casement;
    app::config::Environment environment;
    environment.variables = {{"PW", "secret:with@marks/"}};
    environment.read_file = [](const std::filesystem::path&) -> base::Result<std::string> {
        return base::fail(base::ErrorKind::NotFound, "no files here");
    };
    environment.exists = [](const std::filesystem::path&) { return false; };
    const auto loaded =
        app::config::parse({reinterpret_cast<const char*>(data), size}, "fuzz.yaml", environment);
    for (const auto& problem : loaded.problems) {
        if (problem.text().empty()) __builtin_trap();
    }
    return 0;
}
