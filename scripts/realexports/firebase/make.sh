# Firebase: auth:export of firebase-tools with 28 columns (before 15.19) and with 52,
# whose own exporter writes accounts as the server would answer them.
old=$(npm_install firebase-old firebase-tools@13.35.1)
new=$(npm_install firebase-new firebase-tools@15.34.2)
node "$HERE/export.js" "$old" "$OUT" old
node "$HERE/export.js" "$new" "$OUT" new
node "$HERE/export.js" "$new" "$OUT" withheld
