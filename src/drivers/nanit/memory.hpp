#pragma once
// What is known of an account's cameras when the hub starts again, so that they are reached without
// the vendor's cloud.

#include <map>
#include <string>
#include <string_view>

#include "async/blocking_pool.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/secret.hpp"
#include "store/sealed.hpp"

namespace casement::drivers::nanit {

struct Remembered {
    std::string baby;         // uid
    std::string name;         // of the baby
    std::string address;      // host:port of the camera's own socket, as learnt; empty = not known
    std::string fingerprint;  // hex SHA-256 of the certificate there; empty = nobody has seen it
    base::Secret uc_token;    // for that socket; empty = none yet
    base::WallTime uc_expires{};
    bool takes_access_token = false;  // the socket took the account's own token last
    bool operator==(const Remembered&) const = default;
};

/// One account's cameras by serial number, in the sealed store ("nanit/NAME/camera/SERIAL").
/// Lives on one executor; store and pool outlive it.
class Memory {
public:
    /// Reads what is there; an entry that cannot be read is as none.
    Memory(store::SealedStore& sealed, async::BlockingPool& disk, std::string account);

    const std::map<std::string, Remembered, std::less<>>& cameras() const { return cameras_; }
    /// Of a camera that nobody knew, all empty.
    const Remembered& of(std::string_view serial) const;
    /// On the disk when it returns. A disk that refuses is a line in the log: what is known here
    /// goes on all the same.
    async::Task<> put(std::string serial, Remembered camera);
    async::Task<> forget(std::string serial);

private:
    std::string entry(std::string_view serial) const;

    store::SealedStore& sealed_;
    async::BlockingPool& disk_;
    const std::string prefix_;
    std::map<std::string, Remembered, std::less<>> cameras_;
};

}  // namespace casement::drivers::nanit
