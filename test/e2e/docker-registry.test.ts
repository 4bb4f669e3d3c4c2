import { testDistribution } from './distribution/suite.ts';

testDistribution(2);
