// What a device holds, asked of the device itself. Part of Device.

#include <algorithm>
#include <optional>

#include <fmt/ranges.h>

#include "drivers/arlo/device.hpp"

namespace casement::drivers::arlo {

namespace {

using async::Deadline;
using base::ErrorKind;
using base::Result;
using protocols::arlo::Fields;
using protocols::arlo::RegisterGet;

/// Toggles are written as true and read as 1 by some.
std::optional<double> number_of(const protocols::arlo::Value& value) {
    if (const auto* const flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
    if (const auto* const whole = std::get_if<std::int64_t>(&value))
        return static_cast<double>(*whole);
    if (const auto* const real = std::get_if<double>(&value)) return *real;
    return std::nullopt;
}

bool is_same(const protocols::arlo::Value& a, const protocols::arlo::Value& b) {
    return a == b || (number_of(a) && number_of(a) == number_of(b));
}

}  // namespace

async::Task<Result<Fields>> Device::read_differing() {
    RegisterGet question;
    for (const auto& [name, value] : record_.held.registers) question.names.push_back(name);
    const auto answer = co_await ask(traits_of(family_).port, std::move(question),
                                     Deadline::in(base_.timing.set_up_message));
    if (!answer) {
        if (!answer.error().is(ErrorKind::Unsupported)) co_return std::unexpected(answer.error());
        learn({std::string(RegisterGet::kType)});
        co_return Fields{};
    }
    Fields out;
    for (const auto& [name, value] : answer->values.value_or(Fields{})) {
        const auto* const held = record_.held.registers.find(name);
        if (held != nullptr && !is_same(*held, value)) out.set(name, value);
    }
    co_return out;
}

async::Task<Result<>> Device::read_back() {
    const auto& known = refused();
    if (!traits_of(family_).answers_get ||
        std::ranges::find(known, RegisterGet::kType) != known.end())
        co_return Result<>{};
    constexpr int kTimes = 2;
    for (int times = 0; times < kTimes; ++times) {
        CASEMENT_CO_TRY(const Fields differing, co_await read_differing());
        if (differing.empty()) co_return Result<>{};
        Fields again;
        std::vector<std::string> names;
        for (const auto& [name, value] : differing) {
            again.set(name, *record_.held.registers.find(name));
            names.push_back(name);
        }
        log_.warn("The device said yes to {} and holds something else{}", fmt::join(names, ", "),
                  times + 1 < kTimes ? ": told again" : "");
        hold(differing);  // what it holds is what is shown beside the wish
        if (times + 1 == kTimes) co_return Result<>{};
        const auto written = co_await write(traits_of(family_).port, std::move(again),
                                            Deadline::in(base_.timing.set_up_message));
        if (!written && !written.error().is(ErrorKind::Unsupported))
            co_return std::unexpected(written.error());
    }
    co_return Result<>{};
}

}  // namespace casement::drivers::arlo
