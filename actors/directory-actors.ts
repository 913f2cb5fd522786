/** The directory actor: one for the installation. */
import type { DirectoryCommand, DirectoryReply } from './directory-decider.ts';
import { directoryDecider } from './directory-decider.ts';
import { type Answer, createEventSourcedActors } from './event-sourced-actor.ts';
import type { ActorRuntime, AskContext } from './ports.ts';

export interface DirectoryActors {
  /** Throws `ActorUnavailable`. */
  askDirectory(command: DirectoryCommand, context: AskContext): Promise<Answer<DirectoryReply>>;
  stop(): Promise<void>;
}

export function createDirectoryActors(runtime: ActorRuntime): DirectoryActors {
  const actors = createEventSourcedActors(directoryDecider, runtime, { name: 'directory' });
  return { askDirectory: (command, context) => actors.ask('main', command, context), stop: actors.stop };
}
