// Owns the precompiled header "std".
