# args: path
# A file, or a folder with all that is in it
rm -rf -- "$path"
