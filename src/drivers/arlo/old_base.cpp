#include "drivers/arlo/old_base.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "drivers/arlo/python_literal.hpp"
#include "drivers/arlo/quality.hpp"
#include "protocols/arlo/message.hpp"
#include "protocols/arlo/registers.hpp"
#include "protocols/arlo/shown.hpp"

namespace casement::drivers::arlo {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using protocols::arlo::Fields;
using protocols::arlo::Message;
using protocols::arlo::RegisterSet;
using protocols::arlo::Registration;
using protocols::arlo::Status;
namespace registers = protocols::arlo::registers;

using Columns = std::vector<std::string>;

bool has(const Columns& columns, std::string_view name) {
    return std::ranges::find(columns, name) != columns.end();
}

/// Empty when there is no such table.
Result<Columns> columns_of(store::Database& db, std::string_view table) {
    return db.all(
        "SELECT name FROM pragma_table_info(?)",
        [](const store::Row& row) { return row.get<std::string>(0); }, table);
}

/// A column as text whatever it holds, and '' where it is not there. `names` of the columns are
/// ours, never the file's.
std::string text_column(const Columns& columns, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
        if (has(columns, name))
            return fmt::format("coalesce(substr(CAST({} AS TEXT), 1, {}), '')", name,
                               kMaxLiteralBytes + 1);
    }
    return "''";
}

/// A message as the old base kept it: JSON, a Python dictionary, None, or nothing.
Result<std::string> json_of(const std::string& text) {
    const std::string_view trimmed = base::trimmed(text);
    if (trimmed.empty() || trimmed == "None" || trimmed == "null" || trimmed == "{}")
        return std::string();
    if (text.size() > kMaxLiteralBytes)
        return fail(ErrorKind::ResourceExhausted, "a message that is too long");
    if (protocols::arlo::parse_fields(trimmed)) return std::string(trimmed);
    return json_of_python(trimmed);
}

/// Puts a message where it belongs: by what it says it is, because the forms disagree about their
/// columns.
Result<> take_message(const std::string& text, OldDevice& device) {
    CASEMENT_TRY(std::string json, json_of(text));
    if (json.empty()) return {};
    CASEMENT_TRY(Fields fields, protocols::arlo::parse_fields(json));
    if (!fields.contains("Type"))
        return fail(ErrorKind::InvalidArgument, "a message without a type");
    // Some were kept before they were numbered.
    if (!fields.contains("ID")) {
        fields.set("ID", std::int64_t{0});
        json = protocols::arlo::to_json(fields);
    }
    CASEMENT_TRY(const Message message, protocols::arlo::parse_message(json));
    if (std::holds_alternative<Registration>(message.body)) {
        device.registration = std::move(json);
    } else if (std::holds_alternative<Status>(message.body)) {
        device.status = std::move(json);
    } else if (const auto* set = std::get_if<RegisterSet>(&message.body)) {
        device.registers = set->values;
    } else {
        return fail(ErrorKind::InvalidArgument, "a {} where none belongs",
                    protocols::arlo::shown(message.type()));
    }
    return {};
}

struct Row {
    std::string serial, address, friendly_name;
    std::array<std::string, 3> messages;
    std::string armed, sensitivity;
    std::string registers, quality, power;
};

Result<std::vector<Row>> rows_of(store::Database& db, std::string_view table,
                                 const Columns& columns, bool has_desired) {
    const auto c = [&](std::initializer_list<std::string_view> names) {
        return text_column(columns, names);
    };
    const std::string desired =
        has_desired ? "LEFT JOIN desired_state d ON d.serial_number = devices.serial_number" : "";
    const auto wish = [&](std::string_view name) {
        return has_desired ? fmt::format("coalesce(CAST(d.{} AS TEXT), '')", name)
                           : std::string("''");
    };
    const std::string serial =
        has_desired || has(columns, "serial_number")
            ? fmt::format("coalesce(CAST({}.serial_number AS TEXT), '')", table)
            : c({"serialnumber"});
    const std::string sql =
        fmt::format("SELECT {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {} FROM {} {} LIMIT {}", serial,
                    c({"ip"}), c({"friendly_name", "friendlyname"}), c({"registration"}),
                    c({"status"}), c({"register_set"}), c({"pir_status"}),
                    c({"pir_start_sensitivity"}), wish("register_set_values"),
                    wish("quality_preset"), wish("power_mode"), table, desired, kMaxOldDevices + 1);
    return db.all(sql, [](const store::Row& row) {
        Row out;
        out.serial = row.get<std::string>(0);
        out.address = row.get<std::string>(1);
        out.friendly_name = row.get<std::string>(2);
        for (int i = 0; i < 3; ++i)
            out.messages.at(static_cast<std::size_t>(i)) = row.get<std::string>(3 + i);
        out.armed = row.get<std::string>(6);
        out.sensitivity = row.get<std::string>(7);
        out.registers = row.get<std::string>(8);
        out.quality = row.get<std::string>(9);
        out.power = row.get<std::string>(10);
        return out;
    });
}

void read_row(const Row& row, OldBase& out) {
    if (!is_serial(row.serial)) {
        out.left_out.push_back(
            fmt::format("a device whose serial number is {}", protocols::arlo::shown(row.serial)));
        return;
    }
    OldDevice device;
    device.serial = row.serial;
    if (row.address != "UNKNOWN" && row.address != "None")
        device.address = row.address.substr(0, 64);
    if (row.friendly_name != row.serial && row.friendly_name != "None")
        device.friendly_name = row.friendly_name.substr(0, 100);
    for (const std::string& message : row.messages) {
        const auto taken = take_message(message, device);
        if (!taken)
            out.left_out.push_back(
                fmt::format("{}: a stored message: {}", row.serial, taken.error().message()));
    }
    if (auto json = json_of(row.registers); json && !json->empty()) {
        if (auto fields = protocols::arlo::parse_fields(*json)) {
            device.registers = std::move(*fields);
        } else {
            out.left_out.push_back(
                fmt::format("{}: its desired state: {}", row.serial, fields.error().message()));
        }
    }
    if (row.armed == "Armed" || row.armed == "Disarmed")
        device.registers.set("PIRTargetState", row.armed);
    if (const auto level = base::parse_number<std::int64_t>(row.sensitivity);
        level && *level > 0 && *level <= 100)
        device.registers.set("PIRStartSensitivity", *level);
    if (row.quality != "None") device.quality = base::lower_case(row.quality.substr(0, 40));
    if (row.power == "battery" || row.power == "external") device.power = row.power;
    out.devices.push_back(std::move(device));
}

const Registration* registration_in(const std::optional<Message>& message) {
    return message ? std::get_if<Registration>(&message->body) : nullptr;
}

std::optional<Message> parsed(const std::string& json) {
    if (json.empty()) return std::nullopt;
    auto message = protocols::arlo::parse_message(json);
    if (!message) return std::nullopt;
    return std::move(*message);
}

/// What that base set by itself and nobody asked for: a lamp that lights at motion.
bool is_lamp_default(std::string_view name, const protocols::arlo::Value& value) {
    return (name == registers::kNightModeLightSourceAlert.name &&
            value == protocols::arlo::Value(std::int64_t{1})) ||
           (name == registers::kPirAction.name &&
            value == protocols::arlo::Value(std::string("Stream+Spotlight")));
}

}  // namespace

Result<OldBase> read_old_base(store::Database& database) {
    for (const std::string_view table : {"devices", "camera"}) {
        CASEMENT_TRY(const Columns columns, columns_of(database, table));
        if (!has(columns, "serialnumber") && !has(columns, "serial_number")) continue;
        CASEMENT_TRY(const Columns wishes, columns_of(database, "desired_state"));
        const bool has_desired = has(columns, "serial_number") && has(wishes, "serial_number") &&
                                 has(wishes, "register_set_values") &&
                                 has(wishes, "quality_preset") && has(wishes, "power_mode");
        CASEMENT_TRY(const auto rows, rows_of(database, table, columns, has_desired));
        OldBase out;
        out.form = fmt::format("table {} with {} columns{}", table, columns.size(),
                               has_desired ? " and desired_state" : "");
        for (const Row& row : rows) {
            if (out.devices.size() == kMaxOldDevices) {
                out.left_out.push_back(
                    fmt::format("more than {} devices are no household", kMaxOldDevices));
                break;
            }
            read_row(row, out);
        }
        return out;
    }
    return fail(ErrorKind::NotFound,
                "there is no table of devices in it: it is no database of arlo-cam-api");
}

Family family_of(const OldDevice& device) {
    const auto message = parsed(device.registration);
    const Registration* const registration = registration_in(message);
    return family_of(registration == nullptr ? std::string_view{}
                                             : std::string_view(registration->model));
}

Record record_of(const OldDevice& device) {
    Record out;
    out.serial = device.serial;
    out.address = device.address;
    out.registration = device.registration;
    out.status = device.status;
    out.friendly_name = device.friendly_name;
    out.power = device.power;
    const auto message = parsed(device.registration);
    if (const Registration* const registration = registration_in(message)) {
        out.model = registration->model.substr(0, 64);
        out.firmware = registration->firmware.substr(0, 64);
    }
    if (traits_of(family_of(device)).port == Port::Doorbell) out.port = Port::Doorbell;
    // It was set up by somebody else: it is told everything as soon as it can be reached.
    out.needs_set_up = !out.registration.empty();
    return out;
}

OldWishes wishes_of(const OldDevice& device, const House& house) {
    OldWishes out;
    const Family family = family_of(device);
    std::string quality = device.quality == "default" ? "" : device.quality;
    if (quality.empty() && device.registers.contains(registers::kVideoOutputResolution.name))
        quality = quality_named_by(family, device.registers, "");
    const Fields of_quality = quality_registers(family, quality);
    if (!quality.empty() && of_quality.empty()) {
        out.ignored.emplace_back("quality",
                                 fmt::format("this model has no quality \"{}\"", quality));
    } else if (!quality.empty() && quality != default_quality(family)) {
        out.taken.emplace_back(std::string(kQualitySetting), quality);
    }

    Fields usual;
    for (const Batch& batch : wanted_registers(family, house, {}, {})) {
        for (const auto& [name, value] : batch.values) usual.set(name, value);
    }
    for (const auto& [name, value] : device.registers) {
        if (of_quality.contains(name)) continue;
        const auto* const anyway = usual.find(name);
        if (anyway != nullptr && *anyway == value) continue;
        const auto* const info = protocols::arlo::find_register(name);
        if (info != nullptr && info->momentary) {
            out.ignored.emplace_back(name, "it holds for a moment only");
        } else if (name == registers::kWifiCountryCode.name ||
                   name == registers::kVideoAntiFlickerRate.name) {
            out.ignored.emplace_back(name, "the configuration says it for all cameras");
        } else if (is_lamp_default(name, value)) {
            out.ignored.emplace_back(name,
                                     "the old base set it by itself: the lamp stays off at "
                                     "motion until somebody wants it");
        } else {
            const auto wishes = wishes_behind(family, Fields{{name, value}});
            const bool is_known =
                anyway != nullptr || std::ranges::any_of(wishes, [](const auto& w) {
                    return !w.first.starts_with(kRawRegister);
                });
            if (is_known && !wishes.empty()) {
                out.taken.insert(out.taken.end(), wishes.begin(), wishes.end());
            } else {
                out.ignored.emplace_back(name, "this model is not known to take it");
            }
        }
    }
    return out;
}

}  // namespace casement::drivers::arlo
