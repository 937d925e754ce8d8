#pragma once
// What a device keeps of what its base sets.

#include <span>
#include <string>
#include <vector>

#include "emulators/arlo/profile.hpp"
#include "protocols/arlo/registers.hpp"

namespace casement::emulators::arlo {

/// When the values go back to those of the factory. That a reboot takes them is how these devices
/// behave; whether they outlive the loss of the Wi-Fi is not known, so both can be had.
enum class Memory : std::uint8_t { UntilReboot, UntilAssociation, ForEver };

/// Not thread-safe.
class RegisterFile {
public:
    /// With the values of the factory. `profile` outlives the file.
    explicit RegisterFile(const Profile& profile);

    /// Takes what the model knows at this door and what has a fitting value; returns the names of
    /// the rest, in their order.
    std::vector<std::string> apply(Door door, const wire::Fields& values);
    /// Names that the model does not know at this door are left out.
    wire::Fields read(Door door, std::span<const std::string> names) const;
    void reset();

    const wire::Fields& values() const { return values_; }
    template <typename T>
    std::optional<T> get(wire::Field<T> field) const {
        return values_.get(field);
    }
    template <typename T>
    void set(wire::Field<T> field, std::type_identity_t<T> value) {
        values_.set(field, std::move(value));
    }

private:
    bool knows(Door door, std::string_view name) const;
    bool accepts(Door door, std::string_view name, const wire::Value& value) const;

    const Profile& profile_;
    wire::Fields values_;
};

}  // namespace casement::emulators::arlo
