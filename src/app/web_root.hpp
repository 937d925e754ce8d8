#pragma once
// Where the page lies and how the machine names itself.

#include <filesystem>
#include <string>
#include <vector>

namespace casement::app {

/// $CASEMENT_WEB, share/casement/web beside the program's folder, or web/ of the checkout that it
/// was built in; empty when there is none.
std::filesystem::path web_root();
/// Host names and addresses that a certificate of this machine should name.
std::vector<std::string> own_names();
/// The address of this machine that other machines on its network reach; its name, or 127.0.0.1,
/// where it has none.
std::string own_address();
/// IANA name, from $TZ or /etc/localtime; "UTC" when neither tells.
std::string local_time_zone();

}  // namespace casement::app
