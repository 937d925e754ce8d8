// Owns the precompiled header "asio".
