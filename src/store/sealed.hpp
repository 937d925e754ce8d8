#pragma once
// Secrets at rest: one small file, sealed with libsodium's secretbox (XSalsa20-Poly1305) under a
// key file beside it.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/mutex.hpp"
#include "base/secret.hpp"

namespace casement::store {

/// Vendor tokens, passwords and keys by name ("nest/home/refresh_token"). Protects a copied or
/// backed-up database and recordings from giving away accounts; whoever can read both files as the
/// hub's user has the secrets.
///
/// Several processes may have the same store open (the hub, and a command beside it): every change
/// is made under a lock to what is on the disk then, so none is lost. What another process changed
/// is seen after the next own change or refresh().
///
/// Thread-safe. put(), get_or_put(), remove() and refresh() block on the disk: call them through a
/// BlockingPool; get() is memory only.
class SealedStore {
public:
    /// Opens or creates `directory`/secrets and `directory`/secrets.key, both mode 0600 (a wider
    /// mode is narrowed). Errors: DataLoss when the file was changed or the key is not its key;
    /// PermissionDenied; ResourceExhausted "disk-full".
    static base::Result<std::unique_ptr<SealedStore>> open(const std::string& directory);
    ~SealedStore();

    /// On the disk when it returns. A name is 1 to 200 characters of [A-Za-z0-9._/:@-]; a value at
    /// most 64 KiB.
    base::Result<> put(std::string_view name, const base::Secret& value);
    /// The value of this name; `fresh` becomes it where there is none, also none of another
    /// process.
    base::Result<base::Secret> get_or_put(std::string_view name, const base::Secret& fresh);
    /// Reads what is on the disk now. Errors as open(); then what was known stays.
    base::Result<> refresh();
    /// NotFound when there is no such name.
    base::Result<base::Secret> get(std::string_view name) const;
    /// Removing what is not there is fine.
    base::Result<> remove(std::string_view name);
    std::vector<std::string> names() const;

private:
    using Entries = std::map<std::string, std::string, std::less<>>;
    SealedStore(std::string directory, std::string key, Entries entries);
    static base::Result<Entries> read(const std::string& path, const std::string& key);
    /// Under the lock between processes: reads, edits, saves when the edit says that it changed
    /// something.
    base::Result<> change(const std::function<bool(Entries&)>& edit) CASEMENT_REQUIRES(mutex_);
    base::Result<> save(const Entries& entries) const;

    const std::string directory_;
    std::string key_;
    mutable base::Mutex mutex_;
    Entries entries_ CASEMENT_GUARDED_BY(mutex_);
};

}  // namespace casement::store
