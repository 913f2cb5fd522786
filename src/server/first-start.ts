/**
 * The first start of an installation: founds it, and where nothing says otherwise (the domain is the demonstration's
 * `example.test`) makes three accounts, whose passwords are told once. Every step can be repeated: a first start that
 * was cut off goes on where it was.
 */
import { randomInt } from 'node:crypto';
import type { DirectoryCommand } from '../../actors/directory-decider.ts';
import type { AskContext } from '../../actors/ports.ts';
import type { Role } from '../../events/directory.ts';
import { newId } from '../../events/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { hashPassword } from '../passwords/argon2id.ts';

export interface NewAccount {
  readonly address: string;
  /** Undefined when it came from the environment: it is not repeated. */
  readonly password: string | undefined;
}

const demoDomain = 'example.test';
const demoAccounts: readonly { localPart: string; role: Role }[] = [
  { localPart: 'alice', role: 'user' },
  { localPart: 'bob', role: 'user' },
  { localPart: 'auditor', role: 'auditor' },
];

/** Resolves with the accounts made now. */
export async function prepareInstallation(engine: Engine): Promise<readonly NewAccount[]> {
  const context: AskContext = { by: 'system', correlationId: newId(), causationId: 'first-start' };
  const ask = (command: DirectoryCommand) => engine.directoryActors.askDirectory(command, context);
  const before = await engine.directory.current();
  if (before.state.installationId === undefined)
    await ask({ type: 'FoundInstallation', installationId: newId() });
  // An administrator who removed a domain does not find it back after a restart.
  if (before.state.installationId === undefined || before.state.domains.size === 0) {
    for (const name of engine.config.domains) await ask({ type: 'AddDomain', domainId: newId(), name });
  }
  const made: NewAccount[] = [];
  if (engine.config.domains[0] !== demoDomain || before.state.accounts.size > 0) return made;
  for (const { localPart, role } of demoAccounts) {
    const index = await engine.directory.current();
    const domainId = index.domainIdOf(demoDomain);
    if (domainId === undefined) break;
    const password = engine.config.demoPassword ?? generatePassword();
    const passwordHash = await hashPassword(password);
    const accountId = newId();
    const { revision } = index;
    const names = { accountId, domainId, role, localPart, passwordHash };
    await ask({ type: 'AddAccount', ...names, asOf: revision });
    await engine.mailboxes.openMailbox(accountId, context);
    made.push({
      address: `${localPart}@${demoDomain}`,
      password: engine.config.demoPassword === undefined ? password : undefined,
    });
  }
  return made;
}

/** Four groups of four from an alphabet without look-alikes: about 79 bits. */
function generatePassword(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  const group = () => Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return Array.from({ length: 4 }, group).join('-');
}
