using BenchmarkDotNet.Running;
using Pieces;

BenchmarkRunner.Run<PollPieces>(args: args);
