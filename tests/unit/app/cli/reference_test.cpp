#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli/command_line.hpp"
#include "tests/fakes/test_data.hpp"

namespace casement::app::cli {
namespace {

using testing::HasSubstr;

/// The first words of the lines under "Subcommands:".
std::vector<std::string> commands_of(const std::string& help) {
    std::vector<std::string> out;
    std::istringstream lines(help.substr(help.find("Subcommands:")));
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line) && line.starts_with("  ")) {
        std::istringstream words(line);
        std::string word;
        if (line[2] != ' ' && words >> word) out.push_back(word);
    }
    return out;
}

TEST(CommandLineReference, NamesEveryCommand) {
    std::ifstream in(std::filesystem::path(fakes::test_data()) / "../../docs/ref/command-line.md");
    std::ostringstream page;
    page << in.rdbuf();
    const auto help = parse_command_line({"--help"});
    ASSERT_FALSE(help);
    const auto commands = commands_of(help.error().text);
    EXPECT_GE(commands.size(), 13u);
    for (const std::string& command : commands)
        EXPECT_THAT(page.str(), HasSubstr("| `" + command)) << command;
}

}  // namespace
}  // namespace casement::app::cli
