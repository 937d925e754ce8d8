#include "app/config/reference.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/test_data.hpp"
#include "tests/unit/app/config/environment.hpp"

namespace casement::app::config {
namespace {

const std::filesystem::path kReference =
    std::filesystem::path(fakes::test_data()) / "../../docs/ref";

std::string content_of(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

TEST(ConfigReference, ThePageSaysWhatTheProgramDoes) {
    if (std::getenv("CASEMENT_WRITE_REFERENCE") != nullptr)
        std::ofstream(kReference / "config.md") << reference_page();
    EXPECT_EQ(content_of(kReference / "config.md"), reference_page())
        << "run test_app with CASEMENT_WRITE_REFERENCE=1 and commit docs/ref/config.md";
}

TEST(ConfigReference, EveryKeyIsExplained) {
    const std::function<void(const Shape&)> check = [&](const Shape& shape) {
        EXPECT_FALSE(shape.about.empty()) << shape.name;
        EXPECT_FALSE(shape.kind.empty()) << shape.name;
        for (const Shape& key : shape.keys) check(key);
    };
    for (const Shape& shape : file_shape()) check(shape);
}

TEST(ConfigReference, TheSampleFileLoadsWithoutAWarning) {
    const auto loaded = load(kReference / "casement.yaml", environment_of({}));
    ASSERT_TRUE(loaded) << loaded.error().message();
    EXPECT_TRUE(loaded->problems.empty()) << text_of(loaded->problems);
    EXPECT_EQ(loaded->config.cameras.size(), 4u);
}

/// What the page shows as a default must itself be readable, and mean the default.
TEST(ConfigReference, EveryDefaultIsWrittenAsOneWouldWriteIt) {
    std::string text;
    const std::function<void(const std::vector<Shape>&, int)> write =
        [&](const std::vector<Shape>& shapes, int depth) {
            for (const Shape& shape : shapes) {
                if (shape.is_scalar() && shape.initial.empty()) continue;
                text += std::string(static_cast<std::size_t>(depth) * 2, ' ') + shape.name + ":";
                const bool is_nested = !shape.keys.empty() && !shape.is_list && !shape.is_named;
                text += is_nested ? "\n"
                                  : (shape.is_scalar() ? " \"" + shape.initial + "\"\n"
                                                       : " " + shape.initial + "\n");
                if (is_nested) write(shape.keys, depth + 1);
            }
        };
    write(file_shape(), 0);
    const Loaded loaded = parse(text, "defaults.yaml", environment_of({}));
    EXPECT_TRUE(loaded.problems.empty()) << text_of(loaded.problems) << text;
    Config expected;
    expected.rtmp.is_asked_for = true;
    EXPECT_EQ(loaded.config, expected) << text;
}

}  // namespace
}  // namespace casement::app::config
