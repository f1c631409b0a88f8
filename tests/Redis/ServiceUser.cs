using StackExchange.Redis;

namespace Intotes.Chat.Tests.Redis;

/// <summary>
/// The Redis user as whom every node of the tests connects: the one that docs/redis.md tells an administrator to create, read from there, so that
/// a command which that line lacks fails the tests that need it. What tests themselves look at, they look at as the default user.
/// </summary>
internal static class ServiceUser
{
    private const string Command = "ACL SETUSER ";

    private static readonly string[] Words = ReadWords();

    public static string Name => Words[0];

    public static string Password => Words.Single(word => word.StartsWith('>'))[1..];

    /// <summary>The commands that it may run, such as <c>hget</c> and <c>client|id</c>.</summary>
    public static IEnumerable<string> Commands => Words.Where(word => word.StartsWith('+')).Select(word => word[1..]);

    /// <summary>Arguments with which a redis-server has the user from its start on.</summary>
    public static IEnumerable<string> ServerArguments => ["--user", .. Words];

    /// <summary>Creates the user on each server of a connection that may do so.</summary>
    public static async Task CreateAsync(IConnectionMultiplexer admin)
    {
        foreach (var server in admin.GetServers())
        {
            await server.ExecuteAsync("ACL", ["SETUSER", .. Words]);
        }
    }

    /// <summary>What the servers of a connection have refused to anybody since they started, as their ACL LOG has it: what was tried and why not.</summary>
    public static async Task<IReadOnlyList<string>> RefusalsAsync(IConnectionMultiplexer admin)
    {
        var refusals = new List<string>();
        foreach (var server in admin.GetServers())
        {
            var entries = (RedisResult[])(await server.ExecuteAsync("ACL", "LOG"))!;
            refusals.AddRange(entries.Select(entry => entry.ToDictionary()).Select(entry => $"{entry["reason"]} {entry["object"]}"));
        }

        return refusals;
    }

    /// <summary>The same connection string, but for who connects.</summary>
    public static string Connecting(string configuration)
    {
        var options = ConfigurationOptions.Parse(configuration);
        (options.User, options.Password) = (Name, Password);
        return options.ToString(includePassword: true);
    }

    private static string[] ReadWords() =>
        File.ReadLines(Path.Combine(ArchitectureTests.Root, "docs", "redis.md")).Single(line => line.StartsWith(Command, StringComparison.Ordinal))[Command.Length..]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
