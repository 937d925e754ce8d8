#pragma once
// Passwords at rest: Argon2id through libsodium.

#include <string>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace casement::api {

/// "$argon2id$v=19$m=65536,t=3,p=1$...". Blocks for some 100 ms and takes 64 MiB while it runs (a
/// Raspberry Pi 4: about 300 ms).
base::Result<std::string> hash_password(const base::Secret& password);
/// Blocks as long.
bool password_matches(const std::string& hash, const base::Secret& password);
/// A hash that nothing matches: checking against it costs the same as a real one, so that names
/// cannot be told from the time.
const std::string& nobodys_hash();

/// 32 bytes, as lower-case hex: for secrets with 128 bits or more, where slow hashing adds nothing.
std::string fast_hash(std::string_view secret);
/// The same under a key of this process: for a cache that must not outlive it.
std::string keyed_hash(std::string_view key, std::string_view secret);

}  // namespace casement::api
