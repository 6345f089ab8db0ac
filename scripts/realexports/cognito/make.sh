# Cognito: cognito-local on a port of loopback, read by the AWS CLI.
modules=$(npm_install cognito-local cognito-local@5.3.0)
port=$(node -e 'require("net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port); this.close() })')
rm -rf "$WORK/cognito"
folder_of "$WORK/cognito" daemon
folder_of "$WORK/cognito/.cognito" daemon
echo '{"UserPoolDefaults": {"UsernameAttributes": []}}' | as daemon tee "$WORK/cognito/.cognito/config.json" >/dev/null
(cd "$WORK/cognito" && HOST=127.0.0.1 PORT=$port serve cognito daemon node "$modules/node_modules/cognito-local/lib/bin/start.js")
export AWS_ENDPOINT_URL="http://127.0.0.1:$port" AWS_DEFAULT_REGION=local AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_PAGER=
cognito() { aws --endpoint-url "$AWS_ENDPOINT_URL" cognito-idp "$@"; }
until_true curl -s "$AWS_ENDPOINT_URL"

pool=$(node "$HERE/people.mjs" "$AWS_ENDPOINT_URL" names)
addresses=$(node "$HERE/people.mjs" "$AWS_ENDPOINT_URL" addresses)
cognito list-users --user-pool-id "$pool" >"$OUT/users.json"
cognito list-users --user-pool-id "$addresses" >"$OUT/addresses.json"
cognito list-users --user-pool-id "$pool" --output text >"$OUT/users.txt"
cognito list-users --user-pool-id "$pool" --max-items 2 --output table >"$OUT/users-table.txt"
cognito list-users --user-pool-id "$pool" --query 'Users[]' >"$OUT/array.json"
cognito list-users --user-pool-id "$pool" --query 'Users[].{sub: Attributes[?Name==`sub`].Value | [0],
  Username: Username, UserStatus: UserStatus, Enabled: Enabled, email: Attributes[?Name==`email`].Value | [0],
  email_verified: Attributes[?Name==`email_verified`].Value | [0], phone_number: Attributes[?Name==`phone_number`].Value | [0],
  phone_number_verified: Attributes[?Name==`phone_number_verified`].Value | [0],
  given_name: Attributes[?Name==`given_name`].Value | [0], family_name: Attributes[?Name==`family_name`].Value | [0],
  identities: Attributes[?Name==`identities`].Value | [0]}' >"$OUT/flat.json"
# What the API itself answers: times are numbers.
curl -s -H 'Content-Type: application/x-amz-json-1.1' -H 'X-Amz-Target: AWSCognitoIdentityProviderService.ListUsers' -d "{\"UserPoolId\":\"$pool\"}" "$AWS_ENDPOINT_URL" >"$OUT/api.json"
jq -c '.Users[]' "$OUT/api.json" >"$OUT/api.ndjson"

echo user,organization,roles >"$OUT/groups.csv"
for group in $(cognito list-groups --user-pool-id "$pool" --query 'Groups[].GroupName' --output text); do
  cognito list-users-in-group --user-pool-id "$pool" --group-name "$group" \
    --query 'Users[].Attributes[?Name==`sub`].Value' --output text | sed "s/\$/,,$group/"
done >>"$OUT/groups.csv"
