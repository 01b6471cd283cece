# remove.sh PATH: a file, or a folder with all that is in it
rm -rf -- "$1"
