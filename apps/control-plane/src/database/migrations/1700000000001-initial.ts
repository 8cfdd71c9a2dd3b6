import type { MigrationInterface, QueryRunner } from 'typeorm';

const VERSIONED = `
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  version integer not null default 1`;

const POLICIES = `
create table policies (
  id text constraint policies_pkey primary key,
  name text not null,
  description text not null default '',
  active boolean not null default true,
  rate_limits jsonb not null,
  quota jsonb,
  mode text not null default 'default',
  on_outage text not null default 'share',
  alert_thresholds integer[] not null,
  alert_partner boolean not null default false,${VERSIONED},
  constraint policies_mode check (mode in ('default', 'strict')),
  constraint policies_on_outage check (on_outage in ('share', 'open', 'closed'))
);
create index policies_page on policies (created_at, id);`;

const COLLECTIONS = `
create table upstream_credentials (
  id text constraint upstream_credentials_pkey primary key,
  name text not null,
  type text not null,
  settings jsonb not null,
  secrets jsonb not null,${VERSIONED},
  constraint upstream_credentials_type
    check (type in ('basic', 'api_key', 'bearer', 'oauth2_client_credentials', 'mtls'))
);
create index upstream_credentials_page on upstream_credentials (created_at, id);

create table collections (
  id text constraint collections_pkey primary key,
  name text not null,
  description text not null default '',
  base_path text not null,
  upstreams jsonb not null,
  headers jsonb not null,
  credential_id text constraint collections_credential_fkey references upstream_credentials (id),
  cors jsonb,
  log_bodies text not null default 'errors',
  redact text[] not null,
  retention_days integer not null default 90,
  status text not null default 'draft',${VERSIONED},
  constraint collections_status check (status in ('draft', 'published')),
  constraint collections_log_bodies check (log_bodies in ('none', 'errors', 'all'))
);
create unique index collections_base_path on collections (base_path);
create index collections_page on collections (created_at, id);
create index collections_credential on collections (credential_id);

create table endpoints (
  id text constraint endpoints_pkey primary key,
  collection_id text not null
    constraint endpoints_collection_fkey references collections (id) on delete cascade,
  name text not null,
  description text not null default '',
  methods text[] not null,
  path text not null,
  target_path text,
  parameters jsonb not null,
  request_schema jsonb,
  response_schema jsonb,
  examples jsonb not null,
  allowed_auth_types text[] not null,
  headers jsonb not null,
  credential_id text constraint endpoints_credential_fkey references upstream_credentials (id),
  timeout_ms integer,
  status text not null default 'draft',${VERSIONED},
  constraint endpoints_status check (status in ('draft', 'published'))
);
create index endpoints_page on endpoints (collection_id, created_at, id);
create index endpoints_credential on endpoints (credential_id);`;

const CLIENTS = `
create table clients (
  id text constraint clients_pkey primary key,
  name text not null,
  description text not null default '',
  email text,
  active boolean not null default true,
  has_portal_access boolean not null default false,
  policy_id text constraint clients_policy_fkey references policies (id),${VERSIONED}
);
create index clients_page on clients (created_at, id);
create index clients_policy on clients (policy_id);

create table client_emails (
  client_id text not null
    constraint client_emails_client_fkey references clients (id) on delete cascade,
  email text not null,
  position integer not null,
  constraint client_emails_pkey primary key (client_id, email),
  constraint client_emails_lower_case check (email = lower(email))
);
create index client_emails_email on client_emails (email);

create table client_collections (
  client_id text not null
    constraint client_collections_client_fkey references clients (id) on delete cascade,
  collection_id text not null
    constraint client_collections_collection_fkey references collections (id),
  position integer not null,
  constraint client_collections_pkey primary key (client_id, collection_id)
);
create index client_collections_collection on client_collections (collection_id);

create table profiles (
  id text constraint profiles_pkey primary key,
  client_id text not null constraint profiles_client_fkey references clients (id) on delete cascade,
  name text not null,
  environment text not null,
  active boolean not null default true,
  auth_type text not null,
  auth jsonb not null,
  allowed_methods text[] not null,
  allowed_ips text[] not null,
  policy_id text constraint profiles_policy_fkey references policies (id),${VERSIONED},
  constraint profiles_auth_type check (auth_type in ('token', 'jwt', 'oidc', 'mtls', 'none'))
);
create index profiles_page on profiles (client_id, created_at, id);
create index profiles_policy on profiles (policy_id);

create table profile_credentials (
  id uuid constraint profile_credentials_pkey primary key,
  profile_id text not null
    constraint profile_credentials_profile_fkey references profiles (id) on delete cascade,
  kind text not null,
  sealed text not null,
  key_id text not null,
  sha256 text not null,
  created_at timestamptz(3) not null,
  valid_until timestamptz(3),
  constraint profile_credentials_kind check (kind in ('token', 'hmac'))
);
create index profile_credentials_profile on profile_credentials (profile_id);
create unique index profile_credentials_sha256 on profile_credentials (sha256);`;

const ADMINS = `
create table api_keys (
  id text constraint api_keys_pkey primary key,
  name text not null,
  role text not null,
  active boolean not null default true,
  sha256 text not null,
  hint text not null,
  expires_at timestamptz(3),
  last_used_at timestamptz(3),${VERSIONED},
  constraint api_keys_role check (role in ('viewer', 'editor', 'auditor', 'admin'))
);
create unique index api_keys_sha256 on api_keys (sha256);
create index api_keys_page on api_keys (created_at, id);

create table admin_users (
  id text constraint admin_users_pkey primary key,
  email text not null,
  name text not null,
  role text not null,
  active boolean not null default true,${VERSIONED},
  constraint admin_users_role check (role in ('viewer', 'editor', 'auditor', 'admin')),
  constraint admin_users_email_lower_case check (email = lower(email))
);
create unique index admin_users_email on admin_users (email);
create index admin_users_page on admin_users (created_at, id);`;

const EVIDENCE = `
create table audit_log (
  sequence bigint constraint audit_log_pkey primary key,
  id text not null,
  at timestamptz(3) not null,
  actor_type text not null,
  actor_id text not null,
  actor_name text not null,
  ip text,
  request_id text not null,
  action text not null,
  resource_type text not null,
  resource_id text not null,
  revision bigint not null,
  before jsonb,
  after jsonb,
  previous_hash text not null,
  hash text not null
);
create unique index audit_log_id on audit_log (id);
create index audit_log_at on audit_log (at);
create index audit_log_resource on audit_log (resource_type, resource_id, sequence);
create index audit_log_actor on audit_log (actor_id, sequence);

create function audit_log_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'audit_log is append-only';
end $$;
create trigger audit_log_append_only before update or delete or truncate on audit_log
  for each statement execute function audit_log_is_append_only();

create table config_revision (
  id smallint constraint config_revision_pkey primary key,
  revision bigint not null,
  audit_sequence bigint not null,
  audit_head text not null,
  constraint config_revision_single check (id = 1)
);
insert into config_revision values (1, 0, 0, repeat('0', 64));

create table config_changes (
  revision bigint not null,
  key text not null,
  at timestamptz(3) not null,
  constraint config_changes_pkey primary key (revision, key)
);
create index config_changes_at on config_changes (at);`;

const PORTAL = `
create table portal_link_tokens (
  sha256 text constraint portal_link_tokens_pkey primary key,
  client_id text not null
    constraint portal_link_tokens_client_fkey references clients (id) on delete cascade,
  email text not null,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  used_at timestamptz(3),
  requested_ip text
);
create index portal_link_tokens_client on portal_link_tokens (client_id);
create index portal_link_tokens_expires on portal_link_tokens (expires_at);

create table portal_sessions (
  sha256 text constraint portal_sessions_pkey primary key,
  client_id text not null
    constraint portal_sessions_client_fkey references clients (id) on delete cascade,
  email text not null,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  ended_at timestamptz(3),
  ip text,
  user_agent text
);
create index portal_sessions_client on portal_sessions (client_id, email);
create index portal_sessions_expires on portal_sessions (expires_at);`;

export class Initial1700000000001 implements MigrationInterface {
  name = 'Initial1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const tables of [POLICIES, COLLECTIONS, CLIENTS, ADMINS, EVIDENCE, PORTAL]) {
      await runner.query(tables);
    }
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
