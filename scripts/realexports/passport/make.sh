# passport-local-mongoose on FerretDB, which speaks MongoDB's protocol. mongoexport is
# in no package here: its form is the driver's own Extended JSON.
export MODULES=$(npm_install passport mongoose@9.6.1 passport-local-mongoose@9.2.0 bson@7.3.4)
mongo_database passport
node "$HERE/people.js"
