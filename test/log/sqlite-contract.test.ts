import { eventLogContract } from '../contracts/event-log-contract.ts';
import { sqliteHarness } from './sqlite-harness.ts';

eventLogContract('the SQLite log', sqliteHarness);
