# The same, recording every camera.
. "$here/adapters/casement.sh"
RECORD=always
