#include "store/sealed.hpp"

#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"
#include "store/files.hpp"

namespace casement::store {

namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using base::Secret;

// File: magic, nonce, box. Inside the box: count, then name and value, each behind a 4-byte length.
constexpr std::string_view kMagic = "casement-sealed-1\n";
constexpr std::size_t kMaxName = 200;
constexpr std::size_t kMaxValue = 64 * 1024;        // vendor cookies reach 8 KiB
constexpr std::size_t kMaxFile = 16 * 1024 * 1024;  // 250 of the largest values

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= kMaxName && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("._/:@-").find(c) != std::string_view::npos;
    });
}

Result<> check(std::string_view name, const Secret& value) {
    if (!is_name(name))
        return fail(ErrorKind::InvalidArgument, "\"{}\" is no name for a secret",
                    name.substr(0, 40));
    if (value.reveal().size() > kMaxValue)
        return fail(ErrorKind::InvalidArgument, "secret {} is longer than {} bytes", name,
                    kMaxValue);
    return {};
}

const std::uint8_t* bytes(std::string_view text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}
std::uint8_t* bytes(std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); }

/// The key file's content; made new where there is none and nothing sealed exists that would need
/// the old one.
Result<std::string> open_key(const std::string& path, bool may_create) {
    auto key = read_file(path, 4096);
    if (key && key->size() == crypto_secretbox_KEYBYTES) return key;
    if (key)
        return fail(ErrorKind::DataLoss, "{} is not a key of {} bytes: restore it from a backup",
                    path, std::size_t{crypto_secretbox_KEYBYTES});
    if (!key.error().is(ErrorKind::NotFound)) return key;
    if (!may_create) {
        return fail(ErrorKind::DataLoss,
                    "The sealed secrets are there but their key {} is gone: restore it from a "
                    "backup, or remove the "
                    "secrets file and sign in again everywhere",
                    path);
    }
    std::string fresh(crypto_secretbox_KEYBYTES, '\0');
    crypto_secretbox_keygen(bytes(fresh));
    CASEMENT_TRY(replace_file(path, fresh));
    return fresh;
}

Result<std::string> unsealed(std::string_view file, const std::string& key,
                             const std::string& path) {
    constexpr std::size_t kHead = kMagic.size() + crypto_secretbox_NONCEBYTES;
    const auto refuse = [&] {
        return fail(
            ErrorKind::DataLoss,
            "{} was changed, or its key file belongs to another: restore both from the same backup",
            path);
    };
    if (file.size() < kHead + crypto_secretbox_MACBYTES || !file.starts_with(kMagic))
        return refuse();
    const std::string_view nonce = file.substr(kMagic.size(), crypto_secretbox_NONCEBYTES);
    const std::string_view box = file.substr(kHead);
    std::string plain(box.size() - crypto_secretbox_MACBYTES, '\0');
    if (crypto_secretbox_open_easy(bytes(plain), bytes(box), box.size(), bytes(nonce),
                                   bytes(key)) != 0)
        return refuse();
    return plain;
}

}  // namespace

SealedStore::SealedStore(std::string directory, std::string key, Entries entries)
    : directory_(std::move(directory)), key_(std::move(key)), entries_(std::move(entries)) {}

SealedStore::~SealedStore() {
    sodium_memzero(key_.data(), key_.size());
    for (auto& [name, value] : entries_) sodium_memzero(value.data(), value.size());
}

Result<std::unique_ptr<SealedStore>> SealedStore::open(const std::string& directory) {
    if (sodium_init() < 0) return fail(ErrorKind::Internal, "libsodium cannot start");
    const std::string path = directory + "/secrets";
    CASEMENT_TRY(const auto lock,
                 FileLock::take(path + ".lock"));  // two that start at once must not make two keys
    std::error_code ec;
    const bool has_secrets = std::filesystem::exists(path, ec);
    if (ec) return std::unexpected(file_error(ec.value(), "look for " + path));
    CASEMENT_TRY(std::string key, open_key(path + ".key", !has_secrets));
    CASEMENT_TRY(Entries entries, read(path, key));
    for (const std::string& p : {path, path + ".key"}) (void)::chmod(p.c_str(), 0600);
    return std::unique_ptr<SealedStore>(
        new SealedStore(directory, std::move(key), std::move(entries)));
}

Result<SealedStore::Entries> SealedStore::read(const std::string& path, const std::string& key) {
    Entries entries;
    const auto file = read_file(path, kMaxFile);
    if (!file && file.error().is(ErrorKind::NotFound)) return entries;
    if (!file) return std::unexpected(file.error());
    CASEMENT_TRY(std::string plain, unsealed(*file, key, path));
    base::ByteReader reader(base::as_bytes(plain));
    const std::uint32_t count = reader.u32();
    for (std::uint32_t i = 0; i < count && !reader.failed(); ++i) {
        std::string name(base::as_text(reader.take(reader.u32())));
        entries[std::move(name)] = base::as_text(reader.take(reader.u32()));
    }
    const bool whole = !reader.failed() && reader.at_end();
    sodium_memzero(plain.data(), plain.size());
    if (!whole)
        return fail(ErrorKind::DataLoss, "{} has a layout that this version does not know", path);
    return entries;
}

Result<> SealedStore::change(const std::function<bool(Entries&)>& edit) {
    const std::string path = directory_ + "/secrets";
    CASEMENT_TRY(const auto lock, FileLock::take(path + ".lock"));
    CASEMENT_TRY(Entries next, read(path, key_));
    if (edit(next)) {
        CASEMENT_TRY(save(next));  // memory follows the disk, never ahead of it
    }
    entries_ = std::move(next);
    return {};
}

Result<> SealedStore::save(const Entries& entries) const {
    base::ByteWriter plain;
    plain.u32(entries.size());
    for (const auto& [name, value] : entries)
        plain.u32(name.size()).text(name).u32(value.size()).text(value);

    std::string file(kMagic);
    std::string nonce(crypto_secretbox_NONCEBYTES, '\0');
    randombytes_buf(nonce.data(), nonce.size());
    std::string box(plain.size() + crypto_secretbox_MACBYTES, '\0');
    crypto_secretbox_easy(bytes(box), plain.view().data(), plain.size(), bytes(nonce), bytes(key_));
    auto raw = plain.take();
    sodium_memzero(raw.data(), raw.size());
    file += nonce + box;
    if (file.size() > kMaxFile)
        return fail(ErrorKind::ResourceExhausted, "the sealed secrets would exceed {} bytes",
                    kMaxFile);
    return replace_file(directory_ + "/secrets", file);
}

Result<> SealedStore::put(std::string_view name, const Secret& value) {
    CASEMENT_TRY(check(name, value));
    const base::MutexLock lock(mutex_);
    return change([&](Entries& entries) {
        entries.insert_or_assign(std::string(name), value.reveal());
        return true;
    });
}

Result<Secret> SealedStore::get_or_put(std::string_view name, const Secret& fresh) {
    CASEMENT_TRY(check(name, fresh));
    const base::MutexLock lock(mutex_);
    std::string value;
    CASEMENT_TRY(change([&](Entries& entries) {
        const auto [at, is_new] = entries.emplace(name, fresh.reveal());
        value = at->second;
        return is_new;
    }));
    return Secret(std::move(value));
}

Result<> SealedStore::refresh() {
    const base::MutexLock lock(mutex_);
    // Without the lock between processes: a change is one rename, so this is the whole before it or
    // after it.
    CASEMENT_TRY(entries_, read(directory_ + "/secrets", key_));
    return {};
}

Result<Secret> SealedStore::get(std::string_view name) const {
    const base::MutexLock lock(mutex_);
    const auto found = entries_.find(name);
    if (found == entries_.end())
        return fail(ErrorKind::NotFound, "no secret named {}", name.substr(0, kMaxName));
    return Secret(found->second);
}

Result<> SealedStore::remove(std::string_view name) {
    const base::MutexLock lock(mutex_);
    return change([&](Entries& entries) {
        const auto found = entries.find(name);
        if (found == entries.end()) return false;
        entries.erase(found);
        return true;
    });
}

std::vector<std::string> SealedStore::names() const {
    const base::MutexLock lock(mutex_);
    std::vector<std::string> out;
    for (const auto& [name, value] : entries_) out.push_back(name);
    return out;
}

}  // namespace casement::store
