using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Authorization;

namespace Intotes.Chat.Tests.Hosting.AccessMatrix;

/// <summary>Holds every endpoint, called by everybody, against <see cref="AccessTable"/>.</summary>
public sealed class AccessMatrixTests(AccessNodes own) : IClassFixture<AccessNodes>
{
    private static readonly string[] Operators = ["operator", "holder", "super"];

    /// <summary>Those to whom the sessions of the scene do not belong.</summary>
    private static readonly string[] Outsiders = ["none", "dead", "stranger", "other", "new", "wrongkey", "claims"];

    public static TheoryData<string> Rows => [.. AccessTable.Rows.Select(row => row.ToString())];

    [Fact]
    public void Every_endpoint_has_a_row_and_every_row_an_endpoint()
    {
        var endpoints = AccessCalls.EndpointsOf(own.Nodes.Services).Select(endpoint => endpoint.Name).ToList();
        var rows = AccessTable.Rows.Select(row => row.Endpoint).ToList();

        Assert.Empty(endpoints.Except(rows));
        Assert.Empty(rows.Except(endpoints));
        Assert.Distinct(AccessTable.Rows.Select(row => row.ToString()));
    }

    [Fact]
    public void Every_endpoint_names_a_policy_but_for_the_anonymous_ones_of_this_list()
    {
        string[] policies = [Access.SessionMember, Access.Visitor, Access.Operator, Access.Eraser];
        var endpoints = AccessCalls.EndpointsOf(own.Nodes.Services);

        var anonymous = endpoints.Where(endpoint => endpoint.Endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null).ToList();
        var undecided = endpoints.Except(anonymous).Where(endpoint =>
            !endpoint.Endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().Any(needed => policies.Contains(needed.Policy)));

        Assert.Equal(AccessTable.Anonymous.Order(), anonymous.Select(endpoint => endpoint.Name).Order());
        Assert.Equal(AccessTable.OfNobody, undecided.Select(endpoint => endpoint.Name));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Everybody_gets_the_answer_of_the_table_and_who_is_refused_changes_nothing(string name)
    {
        var row = AccessTable.Rows.Single(candidate => candidate.ToString() == name);
        var wrong = new List<string>();

        // All that are refused share a scene, for each leaves it as it was; of those that are served each has its own.
        var shared = await AccessScene.SetAsync(own, row.State);
        foreach (var column in AccessTable.Columns.OrderBy(column => IsServed(row, column)))
        {
            foreach (var kind in Enumerable.Range(0, IsServed(row, column) ? int.MaxValue : 1))
            {
                var scene = IsServed(row, column) ? await AccessScene.SetAsync(own, row.State) : shared;
                var callers = await scene.CallersAsync(column);
                await CallAsync(row, column, scene, IsServed(row, column) ? [callers[kind]] : callers, wrong);
                if (kind == callers.Count - 1)
                {
                    break;
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private async Task CallAsync(AccessRow row, string column, AccessScene scene, IEnumerable<AccessCaller> callers, List<string> wrong)
    {
        var expected = row.Answers[column];
        var before = await DumpAsync();
        foreach (var caller in callers)
        {
            var answer = await AccessCalls.SendAsync(caller, row.Endpoint, scene, scene.SessionId);
            if (((int)answer.Status, answer.Code) != expected)
            {
                wrong.Add($"{caller.Kind} should get {expected}, but got {(int)answer.Status} {answer.Body?.ToJsonString()}");
            }
            else if (expected.Code is not null)
            {
                ProblemsTests.Discreet(answer.ExpectProblem(expected.Status, expected.Code));
            }
        }

        var changes = (await DumpAsync()).Split('\n').Except(before.Split('\n')).ToList();
        if (before != await DumpAsync())
        {
            wrong.Add($"{column} changed what is stored: {string.Join(" | ", changes)}");
        }

        // Of those that are served, outsiders may change what is theirs, others may change these sessions as well.
        Task<string> DumpAsync() =>
            !IsServed(row, column) ? own.DumpAsync(withRoster: !Operators.Contains(column))
            : Outsiders.Contains(column) ? Both(scene)
            : Task.FromResult("");
    }

    private async Task<string> Both(AccessScene scene) =>
        string.Join('\n', await own.DumpAsync($"chat:{{s:{scene.SessionId}}}*"), await own.DumpAsync($"chat:{{s:{scene.VisitorSessionId}}}*"));

    private static bool IsServed(AccessRow row, string column) => row.Answers[column].Code is null;
}
