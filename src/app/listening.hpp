#pragma once
// The hub's listeners as health tells of them.

#include <string>
#include <vector>

#include "api/api.hpp"
#include "base/error.hpp"
#include "base/mutex.hpp"

namespace casement::app {

/// Thread-safe. `what` is what a listener is for: "HTTP" stays that, whether the page says HTTPS or
/// not.
class Listening {
public:
    /// It was opened, or could not be.
    void note(const std::string& what, std::string name, std::string address,
              const base::Result<>& opened);
    /// It could not be moved and stays where it is.
    void note_stays(const std::string& what, std::string name, std::string address,
                    const base::Error& why);
    void forget(const std::string& what);

    /// False when it is not open, or not where it should be: worth another try.
    bool is_well(const std::string& what) const;
    /// Where it was told to listen; empty when nothing is known of it.
    std::string address(const std::string& what) const;
    /// Puts listeners and their problems into `report`.
    void tell(api::HealthReport& report) const;

private:
    struct Entry {
        std::string what;
        api::HealthReport::Listening told;
        std::string code;  // of the problem
    };
    void put(Entry entry);

    mutable base::Mutex mutex_;
    std::vector<Entry> list_ CASEMENT_GUARDED_BY(mutex_);
};

}  // namespace casement::app
