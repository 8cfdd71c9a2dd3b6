import { Injectable } from '@nestjs/common';
import { canonicalJson } from '../audit/audit-chain.ts';
import { readClient } from '../clients/read-client.ts';
import { ApiError } from '../http/api-error.ts';
import { ProfilesService } from '../profiles/profiles.service.ts';
import type { WriteTx } from '../writes/writes.ts';
import type { ConfigDocument, DocumentResource } from './config-document.ts';
import { DocumentKinds, SharedDocumentKinds, type DocumentKind } from './document-kinds.ts';
import { normalised } from './normalise.ts';

export interface AppliedChange {
  readonly action: 'create' | 'update' | 'delete';
  readonly resource_type: string;
  readonly id: string;
  /** Which fields of an update differ. */
  readonly fields?: readonly string[];
}

export interface ApplyReport {
  readonly changes: AppliedChange[];
  unchanged: number;
  /** There, but not in the document; deleted only when asked to prune. */
  readonly unmanaged: { readonly resource_type: string; readonly id: string }[];
}

interface Job {
  readonly tx: WriteTx;
  readonly prune: boolean;
  readonly report: ApplyReport;
}

interface Section {
  readonly kind: DocumentKind;
  readonly path: string;
  readonly parent: string | null;
  readonly resources: readonly DocumentResource[];
}

/** Makes the configuration what the document says, through the same services as single writes. */
@Injectable()
export class ApplyDocument {
  constructor(
    private readonly kinds: DocumentKinds,
    private readonly shared: SharedDocumentKinds,
    private readonly profiles: ProfilesService,
  ) {}

  async apply(tx: WriteTx, document: ConfigDocument, prune: boolean): Promise<ApplyReport> {
    const report: ApplyReport = { changes: [], unchanged: 0, unmanaged: [] };
    const job = { tx, prune, report };
    const sections = this.sectionsOf(document);
    // What uses something else comes after it, and goes before it.
    for (const section of sections) await this.write(job, section);
    await this.giveDefaultProfiles(job, document);
    for (const section of sections.toReversed()) await removeOthers(job, section);
    return report;
  }

  private sectionsOf(document: ConfigDocument): Section[] {
    const { collections, clients } = document;
    const section = (
      kind: DocumentKind,
      path: string,
      resources: readonly DocumentResource[] | undefined,
      parent: string | null = null,
    ): Section[] => (resources === undefined ? [] : [{ kind, path, parent, resources }]);
    return [
      ...section(this.shared.policy, 'policies', document.policies),
      ...section(this.shared.credential, 'upstream_credentials', document.upstream_credentials),
      ...section(this.kinds.collection, 'collections', collections?.map(without('endpoints'))),
      ...(collections ?? []).flatMap(({ id, endpoints }, at) =>
        section(this.kinds.endpoint, `collections.${at}.endpoints`, endpoints, id),
      ),
      ...section(this.kinds.client, 'clients', clients?.map(without('profiles'))),
      ...(clients ?? []).flatMap(({ id, profiles }, at) =>
        section(this.kinds.profile, `clients.${at}.profiles`, profiles, id),
      ),
    ];
  }

  /** As with a single create: a new client whose profiles the document leaves open can call at once. */
  private async giveDefaultProfiles({ tx, report }: Job, { clients }: ConfigDocument) {
    const open = new Set(
      clients?.flatMap(({ id, profiles }) => (profiles === undefined ? [id] : [])),
    );
    for (const { action, resource_type, id } of [...report.changes]) {
      if (action !== 'create' || resource_type !== 'client' || !open.has(id)) continue;
      const { client } = await readClient(tx, id);
      const { profile } = await this.profiles.createDefault(tx, client);
      report.changes.push({ action: 'create', resource_type: 'profile', id: profile.id });
    }
  }

  private async write(job: Job, section: Section): Promise<void> {
    for (const [at, resource] of section.resources.entries()) {
      await under(`body.${section.path}.${at}`, () => this.writeOne(job, section, resource));
    }
  }

  private async writeOne(
    { tx, report }: Job,
    { kind, parent }: Section,
    resource: DocumentResource,
  ): Promise<void> {
    const { id, ...wanted } = resource;
    const current = await kind.read(tx, id, parent);
    if (current === undefined) {
      await kind.create(tx, resource, parent);
      report.changes.push({ action: 'create', resource_type: kind.name, id });
      return;
    }
    const fields = differingFields(current, normalised(kind.name, wanted));
    if (fields.length === 0) {
      report.unchanged += 1;
      return;
    }
    await kind.replace(tx, id, wanted);
    report.changes.push({ action: 'update', resource_type: kind.name, id, fields });
  }
}

async function removeOthers({ tx, prune, report }: Job, section: Section): Promise<void> {
  const { kind, parent, resources } = section;
  const named = new Set(resources.map(({ id }) => id));
  for (const id of await kind.ids(tx, parent)) {
    if (named.has(id)) continue;
    if (!prune) {
      report.unmanaged.push({ resource_type: kind.name, id });
      continue;
    }
    await kind.remove(tx, id);
    report.changes.push({ action: 'delete', resource_type: kind.name, id });
  }
}

const without =
  (list: string) =>
  (resource: DocumentResource): DocumentResource => {
    const copy: DocumentResource = { ...resource };
    delete copy[list];
    return copy;
  };

const differingFields = (current: object, wanted: object): string[] => {
  const before = current as Record<string, unknown>;
  const after = wanted as Record<string, unknown>;
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter(
    (name) => canonicalJson(before[name] ?? null) !== canonicalJson(after[name] ?? null),
  );
};

/** Services speak of `body`; here that is one place in a larger document. */
async function under(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const details = error.details?.map((detail) => ({
      ...detail,
      path: detail.path.replace(/^body/, path),
    }));
    throw new ApiError(error.code, {
      message: details === undefined ? `${path}: ${error.message}` : error.message,
      ...(details === undefined ? {} : { details }),
      cause: error,
    });
  }
}
