#include "camera/camera_id.hpp"

#include <algorithm>

namespace casement::camera {

namespace {

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool is_camera_id(std::string_view id) {
    const auto fits = [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; };
    return !id.empty() && id.size() <= kMaxCameraIdBytes && is_letter_or_digit(id[0]) &&
           std::ranges::all_of(id, fits);
}

std::string camera_id_from(std::string_view text) {
    std::string out;
    for (const char given : text) {
        const char c = lower(given);
        if (is_letter_or_digit(c) || (c == '_' && !out.empty())) {
            out += c;
        } else if (!out.empty() && out.back() != '-') {
            out += '-';  // one for any number of characters that cannot stay
        }
    }
    out.resize(std::min(out.size(), kMaxCameraIdBytes));
    while (!out.empty() && !is_letter_or_digit(out.back())) out.pop_back();
    return out;
}

}  // namespace casement::camera
