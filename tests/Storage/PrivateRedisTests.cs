using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Storage;

public sealed class PrivateRedisTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("private-redis").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_server_that_a_killed_service_left_behind_is_ended_before_another_writes_to_its_file()
    {
        var killed = New();
        await SetAsync(await killed.StartAsync(folder, Ct), "kept", "yes");
        using var leftover = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "pid"), Ct), CultureInfo.InvariantCulture));
        LetGoOfLock(killed);

        var next = New();
        var configuration = await next.StartAsync(folder, Ct);

        Assert.True(leftover.HasExited);
        await using (var redis = await ConnectionMultiplexer.ConnectAsync(configuration))
        {
            Assert.Equal("yes", await redis.GetDatabase().StringGetAsync("kept"));
        }

        await next.StopAsync();
    }

    [Fact]
    public async Task Two_services_never_share_a_folder()
    {
        var first = New();
        await first.StartAsync(folder, Ct);

        var refusal = await Assert.ThrowsAsync<CannotStartException>(() => New().StartAsync(folder, Ct));

        Assert.Contains(folder, refusal.Message, StringComparison.Ordinal);
        await first.StopAsync();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>What the system does for a process that is killed; its server goes on.</summary>
    private static void LetGoOfLock(PrivateRedis killed)
    {
        var field = typeof(PrivateRedis).GetField("folderLock", BindingFlags.Instance | BindingFlags.NonPublic)!;
        ((FileStream)field.GetValue(killed)!).Dispose();
    }

    private static PrivateRedis New() =>
        new(new HostingEnvironment { EnvironmentName = Environments.Development }, NullLogger<PrivateRedis>.Instance);

    private static async Task SetAsync(string configuration, string key, string value)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(configuration);
        await redis.GetDatabase().StringSetAsync(key, value);
    }
}
