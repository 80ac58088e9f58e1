#!/bin/sh
# The whole chain on one machine. make local-test calls it with the environment's hdrbatch on the PATH.
#   local-test.sh folder|s3 OUT REAL
# The store, the reconstructed photographs and report.html are written to OUT. REAL is a folder of brackets.
set -eu
store=${1:-folder} out=${2:-local-test} real=${3:-}

case $store in
folder)
    HDRBATCH_STORE=$out/store
    export HDRBATCH_STORE
    ;;
s3) # run this script again in the environment of the embedded S3 server
    exec hdrbatch store serve "$out/s3" -- sh "$0" running "$out" "$real"
    ;;
running) ;;
*)
    echo "STORE=$store: use folder or s3" >&2
    exit 2
    ;;
esac

hdrbatch render local --cluster local
hdrbatch sweep local-sweep --cluster local

if [ -d "$real" ]; then
    single=
    for folder in "$real"/*/; do
        name=$(basename "$folder")
        hdrbatch reconstruct "$folder"*.[jJ][pP]*[gG] -o "$out/photographs/$name.exr" --model local/candidates
        if [ -z "$single" ]; then
            # Also reconstruct from the middle photograph of the first bracket alone, for comparison.
            single=$name
            set -- "$folder"*.[jJ][pP]*[gG]
            shift $((($# - 1) / 2))
            hdrbatch reconstruct "$1" -o "$out/photographs/$name-single.exr" --model local/ldr
        fi
    done
else
    echo "$real is not there: photographing panoramas that ship with Blender instead"
    for name in courtyard interior night sunset; do
        folder=$out/views/$name
        [ -f "$folder/reference.exr" ] || hdrbatch photograph "$name" -o "$folder"
        hdrbatch reconstruct "$folder"/*.png -o "$out/photographs/$name.exr" --model local/candidates
        hdrbatch reconstruct "$folder/ev+0.png" -o "$out/photographs/$name-single.exr" --model local/ldr
    done
fi

hdrbatch report -o "$out/report.html" --photos "$out/photographs"
