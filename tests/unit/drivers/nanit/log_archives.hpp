#pragma once
// Archives as cameras send them, and as they should not.

#include <archive.h>
#include <archive_entry.h>

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace casement::drivers::nanit {

struct Packed {
    std::string name;
    std::string content{};
    unsigned type = AE_IFREG;
    std::string link_to{};
};

/// A tar.gz of these, in their order.
inline std::string tar_gz(const std::vector<Packed>& members) {
    std::string out(std::size_t{4} << 20, '\0');
    std::size_t used = 0;
    archive* const writer = archive_write_new();
    archive_write_add_filter_gzip(writer);
    archive_write_set_format_gnutar(writer);
    archive_write_set_bytes_in_last_block(writer, 1);
    int status = archive_write_open_memory(writer, out.data(), out.size(), &used);
    for (const Packed& member : members) {
        archive_entry* const entry = archive_entry_new();
        archive_entry_set_pathname(entry, member.name.c_str());
        archive_entry_set_filetype(entry, member.type);
        archive_entry_set_perm(entry, 0644);
        if (member.type == AE_IFREG)
            archive_entry_set_size(entry, static_cast<la_int64_t>(member.content.size()));
        if (member.type == AE_IFLNK) archive_entry_set_symlink(entry, member.link_to.c_str());
        if (member.type == AE_IFREG && !member.link_to.empty())
            archive_entry_set_hardlink(entry, member.link_to.c_str());
        status = std::min(status, archive_write_header(writer, entry));
        if (member.type == AE_IFREG && member.link_to.empty())
            archive_write_data(writer, member.content.data(), member.content.size());
        archive_entry_free(entry);
    }
    status = std::min(status, archive_write_close(writer));
    archive_write_free(writer);
    if (status != ARCHIVE_OK) throw std::logic_error("the test's archive cannot be made");
    out.resize(used);
    return out;
}

}  // namespace casement::drivers::nanit
