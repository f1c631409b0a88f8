using System.Diagnostics.Metrics;
using System.Net;
using Intotes.Chat.Features.Operators;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Operators;

[Collection(nameof(DeskNodes))]
public sealed class CannedReplyTests(DeskNodes desk) : DeskTest(desk)
{
    private const string Path = "operator/canned-replies";

    [Fact]
    public async Task All_operators_share_what_one_adds_replaces_and_deletes()
    {
        var (dana, eli) = (Desk.Operator(), Desk.Operator());
        Assert.Empty(await ListAsync(eli));

        var added = (await dana.PostAsync(Path, new { shortcut = "hi", text = " Hello {{visitor.name}},\r\nI am {{operator.name}}. " })).Expect(HttpStatusCode.Created);
        Assert.Equal(("hi", "Hello {{visitor.name}},\nI am {{operator.name}}."), ((string?)added["shortcut"], (string?)added["text"]));
        (await eli.PostAsync(Path, new { shortcut = "bye", text = "Bye." })).Expect(HttpStatusCode.Created);
        Assert.Equal([("bye", "Bye."), ("hi", "Hello {{visitor.name}},\nI am {{operator.name}}.")], await ListAsync(dana));

        var replaced = (await eli.PutAsync($"{Path}/hi", new { text = "Hi!" })).Expect(HttpStatusCode.OK);
        Assert.Equal(("hi", "Hi!"), ((string?)replaced["shortcut"], (string?)replaced["text"]));
        Assert.Equal([("bye", "Bye."), ("hi", "Hi!")], await ListAsync(dana));

        (await dana.DeleteAsync($"{Path}/bye")).Expect(HttpStatusCode.NoContent);
        Assert.Equal([("hi", "Hi!")], await ListAsync(eli));
    }

    [Fact]
    public async Task What_is_not_there_can_be_neither_replaced_nor_deleted()
    {
        var dana = Desk.Operator();

        (await dana.PutAsync($"{Path}/none", new { text = "Hi!" })).ExpectProblem(404, "not_found");
        (await dana.DeleteAsync($"{Path}/none")).ExpectProblem(404, "not_found");

        Assert.Empty(await ListAsync(dana));
    }

    [Fact]
    public async Task A_shortcut_that_is_taken_keeps_its_text()
    {
        var dana = Desk.Operator();
        await dana.PostAsync(Path, new { shortcut = "hi", text = "Hi!" });

        (await dana.PostAsync(Path, new { shortcut = "hi", text = "Hello!" })).ExpectInvalid("shortcut");
        (await dana.PostAsync(Path, new { shortcut = "hi", text = "Hi!" })).Expect(HttpStatusCode.Created);

        Assert.Equal([("hi", "Hi!")], await ListAsync(dana));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Hi")]
    [InlineData("with space")]
    [InlineData("hi\n")]
    [InlineData("ä")]
    [InlineData("123456789012345678901234567890123")]
    [InlineData(null)]
    public async Task A_shortcut_is_1_to_32_of_small_letters_digits_and_hyphens(string? shortcut)
    {
        (await Desk.Operator().PostAsync(Path, new { shortcut, text = "Hi!" })).ExpectInvalid("shortcut");
        (await Desk.Operator().PostAsync(Path, new { shortcut = new string('a', 32), text = "Hi!" })).Expect(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    [InlineData("bell\u0007")]
    [InlineData("{{visitor.email}}")]
    [InlineData("{{visitor.name }}")]
    [InlineData("Dear {{visitor.name}}, {{ }}")]
    [InlineData("{{}}")]
    [InlineData(null)]
    public async Task A_text_holds_what_a_message_may_and_no_other_placeholders(string? text)
    {
        var dana = Desk.Operator();
        await dana.PostAsync(Path, new { shortcut = "kept", text = "{ {{visitor.name}} }" });

        (await dana.PostAsync(Path, new { shortcut = "hi", text })).ExpectInvalid("text");
        (await dana.PutAsync($"{Path}/kept", new { text })).ExpectInvalid("text");

        Assert.Equal([("kept", "{ {{visitor.name}} }")], await ListAsync(dana));
    }

    [Fact]
    public async Task There_are_at_most_500()
    {
        var dana = Desk.Operator();
        await Desk.Database.HashSetAsync(Keys.CannedReplies, [.. Enumerable.Range(0, CannedReplyStore.Most - 1).Select(i => new HashEntry($"r{i}", "Hi!"))]);

        (await dana.PostAsync(Path, new { shortcut = "last", text = "Hi!" })).Expect(HttpStatusCode.Created);
        (await dana.PostAsync(Path, new { shortcut = "more", text = "Hi!" })).ExpectProblem(409, "canned_replies_full");

        (await dana.PostAsync(Path, new { shortcut = "last", text = "Hi!" })).Expect(HttpStatusCode.Created); // the same again
        (await dana.PostAsync(Path, new { shortcut = "last", text = "Hello!" })).ExpectInvalid("shortcut");
        (await dana.PutAsync($"{Path}/last", new { text = "Hello!" })).Expect(HttpStatusCode.OK);
        Assert.Equal(CannedReplyStore.Most, (await ListAsync(dana)).Count);
        (await dana.DeleteAsync($"{Path}/last")).Expect(HttpStatusCode.NoContent);
        (await dana.PostAsync(Path, new { shortcut = "more", text = "Hi!" })).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Together_they_take_at_most_256_KB()
    {
        var (dana, longest) = (Desk.Operator(), string.Concat(Enumerable.Repeat("😀", 4000)));
        for (var i = 0; i < 16; i++)
        {
            (await dana.PostAsync(Path, new { shortcut = $"long-{i:D2}", text = longest })).Expect(HttpStatusCode.Created);
        }

        var left = CannedReplyStore.MostBytes - (16 * (16_000 + 7)) - 3;
        (await dana.PostAsync(Path, new { shortcut = "end", text = longest })).ExpectProblem(409, "canned_replies_full");
        (await dana.PostAsync(Path, new { shortcut = "end", text = new string('x', left / 4) + "!" })).Expect(HttpStatusCode.Created);
        (await dana.PutAsync($"{Path}/end", new { text = longest })).ExpectProblem(409, "canned_replies_full");
        (await dana.PutAsync($"{Path}/end", new { text = new string('x', 4000) })).Expect(HttpStatusCode.OK);
        Assert.Equal(("end", new string('x', 4000)), (await ListAsync(dana))[0]);

        // What takes too much from earlier days may become shorter, but not longer.
        await Desk.Database.HashSetAsync(Keys.CannedReplies, "old", new string('x', CannedReplyStore.MostBytes));
        (await dana.PutAsync($"{Path}/end", new { text = new string('x', 3999) })).Expect(HttpStatusCode.OK);
        (await dana.PutAsync($"{Path}/end", new { text = new string('x', 4000) })).ExpectProblem(409, "canned_replies_full");
        (await dana.PutAsync($"{Path}/unknown", new { text = longest })).ExpectProblem(404, "not_found");
    }

    [Fact]
    public async Task Many_who_ask_at_once_share_a_read_that_nobody_else_waits_for()
    {
        var redis = ActivatorUtilities.CreateInstance<CountedReads>(Desk.Services(0));
        var store = new CannedReplyStore(redis);
        var dana = new Caller.Operator("dana", "Dana", false);
        var first = store.ListAsync(dana, Ct);
        var others = Enumerable.Range(0, 60).Select(_ => store.ListAsync(dana, Ct)).ToList();

        redis.Gate.SetResult();
        await Task.WhenAll([first, .. others]);

        Assert.Equal(2, redis.BulkReads);
    }

    private sealed class CountedReads(RedisConnection connection, RedisResilience resilience, IMeterFactory meters) : RedisGateway(connection, resilience, meters)
    {
        public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int BulkReads { get; private set; }

        public override async Task<T> BulkAsync<T, TCall>(int size, RedisKey key, TCall call, Func<IDatabase, TCall, Task<T>> run, CancellationToken ct)
        {
            BulkReads++;
            await Gate.Task;
            return await base.BulkAsync(size, key, call, run, ct);
        }
    }

    private static async Task<IReadOnlyList<(string, string)>> ListAsync(DeskCaller reader) =>
        [.. (await reader.GetAsync(Path)).Expect(HttpStatusCode.OK)["cannedReplies"]!.AsArray().Select(r => ((string)r!["shortcut"]!, (string)r["text"]!))];
}
