# Makes the people of expected.json through Devise's own models, and writes what Ruby
# writes of them. A Rails application in one file: DATABASE names its database.
require "json"
require "csv"
require "logger"
require "rails"
require "active_record"
require "action_controller"
require "action_view"
require "devise"
require "devise/orm/active_record"

class Application < Rails::Application
  config.load_defaults 6.1
  config.eager_load = false
  config.logger = Logger.new(IO::NULL)
  config.secret_key_base = "of no use"
  config.root = ENV.fetch("WORK")
end
Devise.setup do |config|
  config.mailer_sender = "root@example.com"
  config.secret_key = "of no use"
  config.stretches = 6
  config.pepper = ENV["PEPPER"] if ENV["PEPPER"]
end
Application.initialize!
ActiveRecord::Base.establish_connection(ENV["DATABASE"] == "sqlite" ? { adapter: "sqlite3", database: "#{ENV["WORK"]}/devise.sqlite3" } :
  { adapter: "postgresql", host: ENV["PGHOST"], username: ENV["PGUSER"], database: ENV["PGDATABASE"] })
ActiveRecord::Migration.verbose = false

# What Devise's generator, OmniAuth's guide and rolify's generator write.
ActiveRecord::Schema.define do
  create_table :users do |t|
    t.string :email, null: false, default: ""
    t.string :encrypted_password, null: false, default: ""
    t.string :username
    t.string :first_name
    t.string :last_name
    t.string :reset_password_token
    t.datetime :reset_password_sent_at
    t.datetime :remember_created_at
    t.integer :sign_in_count, default: 0, null: false
    t.datetime :current_sign_in_at
    t.datetime :last_sign_in_at
    t.string :current_sign_in_ip
    t.string :last_sign_in_ip
    t.string :confirmation_token
    t.datetime :confirmed_at
    t.datetime :confirmation_sent_at
    t.string :unconfirmed_email
    t.integer :failed_attempts, default: 0, null: false
    t.string :unlock_token
    t.datetime :locked_at
    t.boolean :active, default: true, null: false
    t.timestamps null: false
  end
  create_table :identities do |t|
    t.references :user
    t.string :provider
    t.string :uid
  end
  create_table :roles do |t|
    t.string :name
    t.references :resource, polymorphic: true
    t.timestamps
  end
  create_table(:users_roles, id: false) { |t| t.references :user; t.references :role }
end

class Identity < ActiveRecord::Base; end
class Role < ActiveRecord::Base; end
class User < ActiveRecord::Base
  devise :database_authenticatable, :recoverable, :rememberable, :confirmable, :lockable, :trackable
  has_many :identities
  has_and_belongs_to_many :roles, join_table: :users_roles
  def send_on_create_confirmation_instructions; end
  def send_reconfirmation_instructions; end
end

joined = Time.utc(2024, 2, 29, 12, 30, 0, 123_456)
JSON.parse(File.read(ARGV[0]))["people"].each do |p|
  maker = p["maker"] || {}
  user = User.new(email: p["email"].to_s, username: p["username"], first_name: p["given_name"], last_name: p["family_name"],
                  password: p["password"], created_at: joined, updated_at: joined, active: !p["suspended"])
  user.confirm unless maker["unconfirmed"]
  user.save!(validate: false)
  user.lock_access!(send_instructions: false) if maker["locked"]
  user.update!(email: maker["new_email"]) if maker["new_email"]
  (p["links"] || []).each { |link| user.identities.create!([%w[provider uid], link.split(":", 2)].transpose.to_h) }
  (p["roles"] || []).each do |role|
    record, name = role.include?(":") ? role.split(":") : [nil, role]
    type, number = record&.split("/")
    user.roles << Role.find_or_create_by!(name: name, resource_type: type, resource_id: number)
  end
  user.update_columns(confirmed_at: user.confirmed_at && joined, confirmation_sent_at: joined, locked_at: user.locked_at && joined,
                      updated_at: joined, confirmation_token: user.confirmation_token && "token-#{user.id}", unlock_token: nil)
end
Role.update_all(created_at: joined, updated_at: joined)

if (out = ARGV[1])
  users = User.order(:id).to_a
  File.write("#{out}/to_json.json", users.to_json)
  File.write("#{out}/attributes.json", users.map(&:attributes).to_json)
  File.write("#{out}/attributes.ndjson", users.map { |u| "#{u.attributes.to_json}\n" }.join)
  link = ActiveRecord::Base.connection
  File.write("#{out}/tables.json", JSON.pretty_generate(%w[users identities roles users_roles].to_h { |t| [t, link.select_all("select * from #{t}").to_a] }))
  CSV.open("#{out}/ruby.csv", "w") do |csv|
    csv << User.column_names
    users.each { |u| csv << u.attributes.values_at(*User.column_names) }
  end
  CSV.open("#{out}/ruby.tsv", "w", col_sep: "\t") do |csv|
    csv << User.column_names
    users.each { |u| csv << u.attributes.values_at(*User.column_names) }
  end
  require "yaml"
  File.write("#{out}/fixtures.yml", users.to_h { |u| ["user_#{u.id}", u.attributes.transform_values { |v| v.is_a?(Time) ? v.utc.to_s : v }] }.to_yaml)
end
