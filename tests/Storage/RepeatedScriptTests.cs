using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Storage;

/// <summary>
/// What the gateway does when an answer was lost: it runs the same script with the same arguments again, and must get the same answer, with
/// nothing stored twice.
/// </summary>
public sealed class RepeatedScriptTests(ChatNodes nodes)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private RedisGateway Gateway => nodes.Services.GetRequiredService<RedisGateway>();

    private IDatabase Redis => nodes.Redis.Database;

    [Theory]
    [InlineData("chosen")]
    [InlineData("request")] // the server's own, where the client chose none
    public async Task A_message_is_stored_once_and_both_times_reported_as_new(string clientMessageId)
    {
        var access = await OpenAsync();
        RedisValue[] arguments = [access.Kind, access.Credential, "", "visitor", "", "Hello", clientMessageId, "request", 100, 3600, "", 0, ""];

        var replies = await TwiceAsync(Scripts.append_message, access.SessionId, arguments);

        Assert.All(replies, reply => Assert.Equal("appended", reply.Status));
        Assert.Equal(replies[0].Text(1), replies[1].Text(1));
        Assert.Equal(1, await Redis.StreamLengthAsync(Keys.OfSession(access.SessionId)[1]));
    }

    [Fact]
    public async Task A_note_is_stored_once()
    {
        var access = await OpenAsync();

        var replies = await TwiceAsync(Scripts.add_note, access.SessionId, ["note", "dana", "Dana", "Careful.", 100, "request", 0]);

        Assert.Equal(replies[0].Text(1), replies[1].Text(1));
        Assert.Equal(1, await Redis.StreamLengthAsync(Keys.OfSession(access.SessionId)[4]));
    }

    [Fact]
    public async Task A_poll_without_a_cursor_tells_the_same_again()
    {
        var access = await OpenAsync();
        await Gateway.RunAsync(
            Scripts.append_message, Keys.OfSession(access.SessionId), [access.Kind, access.Credential, "", "visitor", "", "Hello", "m1", "r1", 100, 3600, "", 0, ""], Ct);

        var replies = await TwiceAsync(Scripts.poll_messages, KeysOf(access), [access.Kind, access.Credential, "", "", 10, "visitor", "operator", "request", 1000]);

        Assert.All(replies, reply => Assert.Single(reply.Items(10)));
    }

    [Fact]
    public async Task A_request_takes_one_permit_however_often_it_is_sent()
    {
        var access = await OpenAsync();
        RedisValue[] Typing(string request) => [access.Kind, access.Credential, $"actions 1 1 {request}", "1"];

        var replies = await TwiceAsync(Scripts.set_typing, KeysOf(access), Typing("a"));

        Assert.All(replies, reply => Assert.NotEqual("limited", reply.Status));
        Assert.All(await TwiceAsync(Scripts.set_typing, KeysOf(access), Typing("b")), reply => Assert.Equal("limited", reply.Status));
    }

    [Fact]
    public async Task A_rating_leaves_one_sample_whatever_it_replaces()
    {
        var samples = nodes.Services.GetRequiredService<SampleStore>();
        var (department, session) = (Guid.NewGuid().ToString("N"), Guid.NewGuid().ToString("N"));

        foreach (var score in (double[])[3, 5, 5])
        {
            await samples.RecordAsync(department, SampleKind.Rating, session, score, Ct);
        }

        Assert.Equal(5, Assert.Single(await samples.NewestAsync(department, SampleKind.Rating, 10, Ct)).Value);
    }

    private async Task<SessionAccess> OpenAsync()
    {
        var access = SessionAccess.ByToken(SessionToken.New());
        var reply = await nodes.Services.GetRequiredService<SessionStore>()
            .OpenAsync(access, create: true, new VisitorDetails(null, null, null, null, null), Ct);
        Assert.Equal(OpenStatus.Created, reply.Status);
        return access;
    }

    private static RedisKey[] KeysOf(SessionAccess access) => [.. Keys.OfSession(access.SessionId), Keys.Typing(access.SessionId, "operator")];

    private Task<ScriptReply[]> TwiceAsync(Script script, string sessionId, RedisValue[] arguments) => TwiceAsync(script, Keys.OfSession(sessionId), arguments);

    private async Task<ScriptReply[]> TwiceAsync(Script script, RedisKey[] keys, RedisValue[] arguments) =>
        [new(await Gateway.RunAsync(script, keys, arguments, Ct)), new(await Gateway.RunAsync(script, keys, arguments, Ct))];
}
