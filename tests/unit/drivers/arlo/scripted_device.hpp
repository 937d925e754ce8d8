#pragma once
// Devices without sockets: their registers, what they refuse, how they misbehave; and the network
// that they are on.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/post.hpp>

#include "drivers/arlo/conversation.hpp"
#include "protocols/arlo/registers.hpp"

namespace casement::drivers::arlo::tests {

using protocols::arlo::Fields;
using protocols::arlo::Message;
using protocols::arlo::Response;

struct ScriptedDevice {
    std::string serial = "A0B1C2D3E4F5G";
    std::string model = "VMC4030P";
    std::string firmware = "1.125.15.0_35_1191";
    std::int64_t next_id = 1;

    // What it is now.
    Fields registers;
    std::vector<std::pair<Port, Message>> heard;
    int rates = 0, status_requests = 0;
    bool is_busy = false;

    // The script.
    std::set<std::string> refuses;         // registers
    std::set<std::string> refuses_values;  // "Register=text"
    std::set<std::string> nacks;           // types
    std::map<std::string, int> forgets;    // acknowledges a register, and keeps it not: so often
    bool asleep = false;                   // does not answer
    int loses_answers = 0;                 // it does what it is asked and says nothing

    /// A boot: what the base told it is gone.
    void boot() {
        registers = {};
        registers.set("PIRTargetState", std::string("Disarmed"));
        next_id = 1;
    }
    std::string registration() {
        return fmt::format(
            R"({{"Type":"registration","ID":{},"SystemSerialNumber":"{}","SystemModelNumber":"{}",)"
            R"("SystemFirmwareVersion":"{}","BatPercent":77,"BatTech":"Rechargeable",)"
            R"("ChargerTech":"None","ChargingState":"Off","Temperature":19,)"
            R"("SignalStrengthIndicator":3,"Capabilities":["PirMotion"]}})",
            next_id++, serial, model, firmware);
    }
    std::string status(int streamed_s = 0) {
        return fmt::format(R"({{"Type":"status","ID":{},"SystemSerialNumber":"{}","BatPercent":76,)"
                           R"("ChargerTech":"None","ChargingState":"Off","Temperature":20,)"
                           R"("SignalStrengthIndicator":4,"Streamed":{}}})",
                           next_id++, serial, streamed_s);
    }
    std::string motion() {
        return fmt::format(R"({{"Type":"alert","ID":{},"AlertType":"pirMotionAlert",)"
                           R"("PIRMotion":{{"Triggered":true,"TriggerLevel":7970,"zones":[]}}}})",
                           next_id++);
    }
    std::string motion_over(int seconds) {
        return fmt::format(
            R"({{"Type":"alert","ID":{},"AlertType":"motionTimeoutAlert","StreamDuration":{}}})",
            next_id++, seconds);
    }

    Response answer(Port port, const Message& message) {
        heard.emplace_back(port, message);
        if (nacks.contains(std::string(message.type()))) return protocols::arlo::make_nack();
        if (std::holds_alternative<protocols::arlo::RaParams>(message.body)) ++rates;
        if (std::holds_alternative<protocols::arlo::StatusRequest>(message.body)) ++status_requests;
        if (const auto* const get = std::get_if<protocols::arlo::RegisterGet>(&message.body)) {
            Response out = protocols::arlo::make_ack();
            out.values.emplace();
            for (const std::string& name : get->names) {
                if (const auto* const value = registers.find(name)) out.values->set(name, *value);
            }
            return out;
        }
        const auto* const set = std::get_if<protocols::arlo::RegisterSet>(&message.body);
        if (set == nullptr) return protocols::arlo::make_ack();
        std::vector<std::string> errors;
        for (const auto& [name, value] : set->values) {
            const auto* const text = std::get_if<std::string>(&value);
            if (refuses.contains(name) ||
                (text != nullptr && refuses_values.contains(name + "=" + *text))) {
                errors.push_back(name);
            } else if (const auto lazy = forgets.find(name);
                       lazy != forgets.end() && lazy->second-- > 0) {
                if (!registers.contains(name)) registers.set(name, std::int64_t{7});
            } else {
                registers.set(name, value);
            }
        }
        return protocols::arlo::make_ack_with_errors(errors);
    }
    /// The texts that a register was ever set to.
    std::vector<std::string> texts_sent(const std::string& name) const {
        std::vector<std::string> out;
        for (const auto& [port, message] : heard) {
            const auto* const set = std::get_if<protocols::arlo::RegisterSet>(&message.body);
            const auto* const value = set == nullptr ? nullptr : set->values.find(name);
            if (value == nullptr) continue;
            const auto* const text = std::get_if<std::string>(value);
            out.push_back(text == nullptr ? "?" : *text);
        }
        return out;
    }
};

/// Addresses and who is there.
class Network final : public Link {
public:
    std::map<std::string, ScriptedDevice*> at;

    async::Task<base::Result<Response>> exchange(std::string address, Port port,
                                                 Message message) override {
        const auto found = at.find(address);
        if (found == at.end() || found->second->asleep)
            co_return base::fail_because("no-route", base::ErrorKind::Unavailable,
                                         "no answer on the network");
        ScriptedDevice& device = *found->second;
        EXPECT_FALSE(device.is_busy) << "two requests at a time";
        device.is_busy = true;
        // Others have their turn while it thinks.
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        device.is_busy = false;
        Response answer = device.answer(port, message);
        if (device.loses_answers > 0) {
            --device.loses_answers;
            co_return base::fail(base::ErrorKind::DeadlineExceeded, "no answer in time");
        }
        co_return answer;
    }
};

}  // namespace casement::drivers::arlo::tests
